#include "engine/content/file_scan.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/base/limits.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;

Failure failed(fs::path const& path, std::error_code const& error) {
  return {errc_from_file_errno(error.value()), error.value(), path.string()};
}

// The last element of the path as it was typed, so that a link gives its own name.
std::string name_of(std::string const& path, fs::path const& real) {
  fs::path typed = fs::path{path}.lexically_normal();
  if (!typed.has_filename()) typed = typed.parent_path();
  std::string name = typed.filename().string();
  if (name.empty() || name == "." || name == "..") name = real.filename().string();
  return name;
}

void warn(FileScan& scan, std::string text) {
  constexpr std::size_t kWarnings = 100;
  if (scan.warnings.size() < kWarnings) scan.warnings.push_back(std::move(text));
}

Outcome add(FileScan& scan, fs::path const& path, std::string relative) {
  std::error_code error;
  auto const size = fs::file_size(path, error);
  if (error) return failed(path, error);
  if (scan.files.size() == limits::kFiles) {
    return Failure{Errc::kTooLarge,
                   scan.directory + ": more than " + std::to_string(limits::kFiles) + " files"};
  }
  scan.files.push_back({std::move(relative), size, false, false});
  return kOk;
}

Outcome scan_directory(FileScan& scan, fs::path const& root) {
  std::error_code error;
  std::size_t const prefix = root.string().size() + 1;
  fs::recursive_directory_iterator at{root, error};
  for (; !error && at != fs::recursive_directory_iterator{}; at.increment(error)) {
    auto const status = at->symlink_status(error);
    if (error) break;
    if (fs::is_directory(status)) continue;
    std::string const whole = at->path().string();
    if (!fs::is_regular_file(status)) {
      warn(scan, whole + ": not a regular file, left out");
      continue;
    }
    if (at.depth() >= static_cast<int>(limits::kPathDepth)) {
      return Failure{Errc::kTooLarge, whole + ": too deep"};
    }
    if (auto const ok = add(scan, at->path(), whole.substr(prefix)); !ok) return ok;
  }
  if (error) return failed(root, error);
  std::sort(scan.files.begin(), scan.files.end(),
            [](auto const& a, auto const& b) { return a.path < b.path; });
  return kOk;
}

}  // namespace

Result<FileScan> scan_files(std::string const& path) {
  std::error_code error;
  fs::path const real = fs::canonical(path, error);
  if (error) return failed(path, error);
  auto const status = fs::status(real, error);
  if (error) return failed(path, error);
  FileScan scan;
  scan.name = name_of(path, real);
  if (scan.name.empty()) return Failure{Errc::kBadArgument, path + ": has no name"};
  if (fs::is_directory(status)) {
    scan.multi_file = true;
    scan.directory = real.string();
    if (auto const ok = scan_directory(scan, real); !ok) return ok.error();
    return scan;
  }
  if (!fs::is_regular_file(status)) {
    return Failure{Errc::kBadArgument, path + ": not a regular file"};
  }
  scan.directory = real.parent_path().string();
  if (auto const ok = add(scan, real, real.filename().string()); !ok) return ok.error();
  return scan;
}

}  // namespace btfast
