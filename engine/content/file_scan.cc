#include "engine/content/file_scan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/base/limits.h"
#include "engine/content/exclusions.h"
#include "engine/metainfo/output_file.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;

Failure failed(std::string path, int error) {
  return {errc_from_file_errno(error), error, std::move(path)};
}

// The last element of the path as it was typed, so that a link gives its own name.
std::string name_of(std::string const& path, fs::path const& real) {
  fs::path typed = fs::path{path}.lexically_normal();
  if (!typed.has_filename()) typed = typed.parent_path();
  std::string name = typed.filename().string();
  if (name.empty() || name == "." || name == "..") name = real.filename().string();
  return name;
}

std::string_view kind_of(::mode_t mode) {
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "not a file";
}

// A file that was found, until all are.
struct Found {
  std::string path;     // below the top folder
  std::string on_disk;  // where it lies
  FileState state;
};

// The output by its folder and name, so that it is known by whatever way it is reached.
struct Output {
  FileIdentity folder;
  std::string name;

  static std::optional<Output> of(std::string const& path) {
    if (path.empty()) return std::nullopt;
    fs::path const folder = fs::path{path}.parent_path();
    struct stat status {};
    if (::stat(folder.empty() ? "." : folder.c_str(), &status) != 0) return std::nullopt;
    return Output{identity_of(status), fs::path{path}.filename().string()};
  }
  // It, or what an interrupted attempt to write it left (engine/metainfo/output_file.h).
  bool is(FileIdentity const& in, std::string_view entry) const {
    if (in != folder || !entry.starts_with(name)) return false;
    std::string_view rest = entry.substr(name.size());
    if (rest.empty()) return true;
    if (!rest.starts_with('.') || !rest.ends_with(".tmp") || rest.size() < 6) return false;
    rest = rest.substr(1, rest.size() - 5);
    return rest.find_first_not_of("0123456789") == std::string_view::npos;
  }
};

class TreeScan {
 public:
  TreeScan(ScanOptions const& options, FileScan& scan)
      : options_(options),
        scan_(scan),
        exclude_(options.exclude),
        output_(Output::of(options.output)) {}

  Outcome run(std::string const& root, struct stat const& status) {
    if (auto const ok = folder(root, "", status); !ok) return ok;
    for (auto const& pattern : exclude_.unused()) {
      warn("--exclude " + pattern + ": left nothing out");
    }
    if (unsaid_ > 0) scan_.warnings.push_back(std::to_string(unsaid_) + " more left out");
    return kOk;
  }
  std::vector<Found> take() && { return std::move(found_); }

 private:
  // `below` is empty or ends in '/'.
  Outcome folder(std::string const& disk, std::string const& below, struct stat const& status) {
    if (++folders_ > limits::kDirectories) {
      return Failure{Errc::kTooLarge,
                     disk + ": more than " + std::to_string(limits::kDirectories) + " folders"};
    }
    auto names = entries_of(disk);
    if (!names) return names.error();
    open_.push_back(identity_of(status));
    std::string const inside = disk + '/';
    for (auto const& name : *names) {
      if (auto const ok = entry(inside + name, below + name, name); !ok) return ok;
    }
    open_.pop_back();
    return kOk;
  }

  static Result<std::vector<std::string>> entries_of(std::string const& folder) {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator at{folder, error};
    for (; !error && at != fs::directory_iterator{}; at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    if (error) return failed(folder, error.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  Outcome entry(std::string const& whole, std::string const& below, std::string const& name) {
    struct stat status {};
    if (::lstat(whole.c_str(), &status) != 0) return failed(whole, errno);
    bool const is_link = S_ISLNK(status.st_mode);
    if (is_link && options_.follow_links && ::stat(whole.c_str(), &status) != 0) {
      warn(whole +
           (errno == ELOOP ? ": links in a circle, left out" : ": leads nowhere, left out"));
      return kOk;
    }
    if (exclude_.match(below, S_ISDIR(status.st_mode))) {
      ++scan_.excluded;
      return kOk;
    }
    if (is_output(name, status)) {
      if (output_ && name == output_->name && !may_be_torrent(whole)) {
        return Failure{Errc::kPermission, whole + ": is no torrent, and is not replaced by one"};
      }
      warn(whole + ": is where the torrent goes, left out");
      return kOk;
    }
    if (S_ISLNK(status.st_mode)) {
      warn(whole + ": a symbolic link, left out (--follow-symlinks takes what it leads to)");
      return kOk;
    }
    if (S_ISDIR(status.st_mode)) {
      if (std::find(open_.begin(), open_.end(), identity_of(status)) == open_.end()) {
        return folder(whole, below + "/", status);
      }
      warn(whole + ": leads back to a folder that it lies in, left out");
      return kOk;
    }
    if (!S_ISREG(status.st_mode)) {
      warn(whole + ": " + std::string{kind_of(status.st_mode)} + ", left out");
      return kOk;
    }
    return file(whole, below, status);
  }

  bool is_output(std::string const& name, struct stat const& status) const {
    if (output_ && output_->is(open_.back(), name)) return true;
    return options_.output_file && *options_.output_file == identity_of(status);
  }

  Outcome file(std::string const& whole, std::string const& below, struct stat const& status) {
    if (open_.size() > limits::kPathDepth) return Failure{Errc::kTooLarge, whole + ": too deep"};
    if (found_.size() == limits::kFiles) {
      return Failure{Errc::kTooLarge,
                     scan_.directory + ": more than " + std::to_string(limits::kFiles) + " files"};
    }
    // Now, not hours later when its turn to be hashed comes.
    if (::faccessat(AT_FDCWD, whole.c_str(), R_OK, AT_EACCESS) != 0) return failed(whole, errno);
    found_.push_back({below, whole, state_of(status)});
    return kOk;
  }

  void warn(std::string text) {
    constexpr std::size_t kWarnings = 100;
    if (scan_.warnings.size() < kWarnings) {
      scan_.warnings.push_back(std::move(text));
    } else {
      ++unsaid_;
    }
  }

  ScanOptions const& options_;
  FileScan& scan_;
  Exclusions exclude_;
  std::optional<Output> const output_;
  std::vector<FileIdentity> open_;  // the folders that lead here
  std::vector<Found> found_;
  std::size_t folders_ = 0;
  std::size_t unsaid_ = 0;
};

void add_file(FileScan& scan, Found found) {
  scan.files.push_back({std::move(found.path), found.state.size, false, false});
  scan.on_disk.push_back({std::move(found.on_disk), found.state.size, false, false});
  scan.states.push_back(found.state);
}

// Files are read below one directory, and no link is followed there.  So those that links led to
// are looked up, below the root of all.
Outcome lay_out(FileScan& scan, std::vector<Found> found, bool resolve) {
  std::size_t const prefix = scan.directory.size() + 1;
  if (resolve) scan.directory = "/";
  std::sort(found.begin(), found.end(),
            [](Found const& a, Found const& b) { return a.path < b.path; });
  for (auto& each : found) {
    if (resolve) {
      std::error_code error;
      auto const real = fs::canonical(each.on_disk, error);
      if (error) return failed(each.on_disk, error.value());
      each.on_disk = real.string().substr(1);
    } else {
      each.on_disk.erase(0, prefix);
    }
    add_file(scan, std::move(each));
  }
  return kOk;
}

Outcome scan_one(FileScan& scan, fs::path const& real, struct stat const& status,
                 ScanOptions const& options) {
  std::string const name = real.filename().string();
  scan.directory = real.parent_path().string();
  auto const output = Output::of(options.output);
  struct stat folder {};
  if (output && ::stat(scan.directory.c_str(), &folder) == 0 &&
      output->is(identity_of(folder), name)) {
    return Failure{Errc::kBadArgument, real.string() + ": is what the torrent is made of"};
  }
  if (::faccessat(AT_FDCWD, real.c_str(), R_OK, AT_EACCESS) != 0) {
    return failed(real.string(), errno);
  }
  if (!options.exclude.empty()) scan.warnings.emplace_back("--exclude: one file, nothing left out");
  add_file(scan, {name, name, state_of(status)});
  return kOk;
}

}  // namespace

Result<FileScan> scan_files(std::string const& path, ScanOptions const& options) {
  std::error_code error;
  fs::path const real = fs::canonical(path, error);
  if (error) return failed(path, error.value());
  struct stat status {};
  if (::stat(real.c_str(), &status) != 0) return failed(path, errno);
  FileScan scan;
  scan.name = name_of(path, real);
  if (scan.name.empty()) return Failure{Errc::kBadArgument, path + ": has no name"};
  if (S_ISREG(status.st_mode)) {
    if (auto const ok = scan_one(scan, real, status, options); !ok) return ok.error();
    return scan;
  }
  if (!S_ISDIR(status.st_mode)) {
    return Failure{Errc::kBadArgument, path + ": is " + std::string{kind_of(status.st_mode)} +
                                           ", not a file or a folder"};
  }
  scan.multi_file = true;
  scan.directory = real.string();
  TreeScan tree{options, scan};
  if (auto const ok = tree.run(scan.directory, status); !ok) return ok.error();
  auto const ok = lay_out(scan, std::move(tree).take(), options.follow_links);
  if (!ok) return ok.error();
  return scan;
}

Outcome still_as_found(FileScan const& scan) {
  std::string text;
  std::size_t more = 0;
  std::string const folder = scan.directory == "/" ? "/" : scan.directory + "/";
  for (std::size_t i = 0; i < scan.on_disk.size(); ++i) {
    std::string const path = folder + scan.on_disk[i].path;
    struct stat status {};
    bool const there = ::stat(path.c_str(), &status) == 0;
    std::string const change =
        there ? change_between(scan.states[i], state_of(status)) : "vanished";
    if (change.empty()) continue;
    if (!text.empty()) {
      ++more;
    } else {
      text.append(path).append(": ").append(change).append(" while it was hashed");
    }
  }
  if (text.empty()) return kOk;
  if (more > 0) text += ", and " + std::to_string(more) + " more changed";
  return Failure{Errc::kDiskIo, text + "; a torrent of it would fit nobody's copy, none was made"};
}

}  // namespace btfast
