// The part of FileStorage that makes what is not there.
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>

#include "engine/base/ascii.h"
#include "engine/base/check.h"
#include "engine/base/counted.h"
#include "engine/base/log.h"
#include "storage/file_storage.h"
#include "storage/name_choice.h"

namespace btfast::storage {
namespace {

constexpr ::mode_t kPlainPermissions = 0666;
constexpr ::mode_t kExecutablePermissions = 0777;
constexpr std::size_t kNamesListed = 2'000'000;

std::string_view directory_of(std::string_view path) {
  std::size_t const slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

// Whether it has "~" and eight digits, as a name that only one file gets (path_safety.h).
bool looks_marked(std::string_view path) noexcept {
  constexpr std::size_t kDigits = 8;
  for (auto at = path.find('~'); at != std::string_view::npos; at = path.find('~', at + 1)) {
    auto const digits = path.substr(at + 1, kDigits);
    if (digits.size() < kDigits) return false;
    if (digits.find_first_not_of("0123456789abcdef") == std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

struct FileStorage::Names {
  AllocMode alloc;
  std::string directory;                                     // the last one made sure of
  std::vector<std::string> changed;                          // directories that got an entry
  std::set<std::pair<std::uint64_t, std::uint64_t>> inodes;  // of files found or made
  bool clash = false;  // the last file was refused for another one of the torrent
  // Whether a directory lists names as they were given, ASCII (true) or others.
  std::map<std::pair<std::string, bool>, bool> keeps_letters;
  bool fresh = false;  // the last file is to be made under the torrent's own name

  std::vector<std::string> take_changed() {
    std::sort(changed.begin(), changed.end());
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    return std::exchange(changed, {});
  }
  void note_change(std::string_view path) {
    for (std::string_view up = directory_of(path);; up = directory_of(up)) {
      changed.emplace_back(up);
      if (up.empty()) return;
    }
  }
};

// Refuses what it can before it makes anything: a refusal leaves the disk as it was.
Outcome FileStorage::prepare() {
  if (!looked_) {
    if (auto const sound = look(); !sound) return sound;
  }
  looked_ = false;
  if (access_ != io::Access::kWrite) return kOk;
  if (auto const sound = refuse_what_stands_there(); !sound) return sound;
  if (auto const ready = make_directory(); !ready) return ready;
  pool_->set_access(access_);
  auto names = std::make_shared<Names>();
  names->alloc = options_.alloc.value_or(default_alloc_mode(root_.get()));
  for (auto const& found : found_) {
    if (found) names->inodes.emplace(found->device, found->identity.inode);
  }
  MutexLock const lock{mutex_};
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    if (has_mark(FileIndex{f}, kKept)) pool_->only_read(FileIndex{f});
    if (map_.files()[f].pad || left_out(FileIndex{f})) continue;
    if (auto const made = make_named(FileIndex{f}, *names); !made) return made;
    // New outputs: two programs that begin at once meet here.
    if (auto const alone = lock_output(); !alone) return alone;
  }
  unsynced_directories_ = names->take_changed();
  names_ = std::move(names);
  return kOk;
}

Outcome FileStorage::make_directory() {
  if (root_) return kOk;
  if (auto const made = io::make_directories(output_dir_); !made) {
    return Failure{made.error().code, made.error().sys_errno, "cannot make " + output_dir_};
  }
  return open_root();
}

Outcome FileStorage::make(FileIndex file) {
  MutexLock const lock{mutex_};
  BTF_CHECK(names_ != nullptr);
  if (found_size(file).value_or(0) > 0 && !is_ours(file) && !options_.overwrite) {
    return Failure{Errc::kUnsafePath,
                   path_of(file) + ": is there already, and is not the torrent's"};
  }
  bool const one_name = found_[file.value] && found_[file.value]->links == 1;
  if (auto why = shared(file); why && one_name && !has_mark(file, kKept)) return *std::move(why);
  names_->directory.clear();  // it may be gone since
  if (auto const made = make_named(file, *names_); !made) return made;
  for (auto& directory : names_->take_changed()) {
    unsynced_directories_.push_back(std::move(directory));
  }
  return kOk;
}

// What is not there yet gets the first name that the file system holds and keeps apart from the
// torrent's others.  A file system to which two of them are the same (upper and lower case,
// composed and decomposed) shows it only when the second is to be made.
Outcome FileStorage::make_named(FileIndex file, Names& names) {
  FileSpec const& spec = map_.file(file);
  std::optional<NameChoice> choice;
  for (;;) {
    bool const found = found_[file.value].has_value();
    names.fresh = !found && !choice;
    names.clash = !found && spec.contested && io::info_beneath(root_.get(), spec.path);
    auto made = names.clash ? Outcome{same_name(file)} : make_file(file, names);
    if (made || found) return made;
    if (!choice) choice.emplace(spec, spec.path, io::name_max(root_.get()));
    if (!give_way(spec, *choice, names.clash, made.error())) return made;
    map_.rename(file, choice->name());
  }
}

// False where another name is of no help.
bool FileStorage::give_way(FileSpec const& spec, NameChoice& choice, bool clash,
                           Failure const& why) const {
  if (clash) return choice.another_file_has_it();
  if (refuses_name({why.code, why.sys_errno})) return choice.cannot_be_held();
  if (!spec.contested || why.sys_errno != ENOTDIR) return false;
  std::size_t count = 1;
  while (count < choice.depth() && io::open_directory_beneath(root_.get(), choice.prefix(count)))
    ++count;
  return choice.a_file_is_on_the_way(count);
}

Outcome FileStorage::make_file(FileIndex file, Names& names) {
  FileSpec const& spec = map_.file(file);
  auto const& found = found_[file.value];
  auto& marks = marks_[file.value];
  if (found && found->linked) {
    marks.fetch_or(kOurs | kUnwritable, std::memory_order_acq_rel);
    return kOk;
  }
  if (has_mark(file, kKept)) return kOk;
  auto const directory = directory_of(spec.path);
  if (!directory.empty() && directory != names.directory) {
    auto const made = io::make_directories_beneath(root_.get(), directory);
    if (!made) return failure("cannot make the directory of", file, made.error());
    names.directory = directory;
  }
  auto const fd = open_to_make(file);
  if (!fd && fd.error().sys_errno == EEXIST) return appeared(file, names);
  if (!fd) return failure(found ? "cannot write" : "cannot make", file, fd.error());
  auto const now = io::info(fd->get());
  if (!now) return failure("cannot look at", file, now.error());
  if (names.fresh && gets_other_letters(file, names)) {
    names.clash = true;
    return same_name(file);
  }
  names.inodes.emplace(now->device, now->inode);
  if (found && now->links > 1) return of_two_names(file);
  bool const as_found =
      found && found->stamp == stamp_of(*now) && known_.is_meant(file, fd->get(), *now);
  if (found && !as_found) {
    return Failure{Errc::kUnsafePath, path_of(file) + ": changed while it was looked at"};
  }
  if (!found) names.note_change(spec.path);
  if (auto const done = lay_out_file(file, fd->get(), *now, names.alloc); !done) {
    return done.error();
  }
  auto const made = io::info(fd->get());
  if (!made) return failure("cannot look at", file, made.error());
  marks.fetch_or(kOurs, std::memory_order_acq_rel);
  marks.fetch_and(static_cast<std::uint8_t>(~kGap), std::memory_order_acq_rel);
  stamps_[file.value] = stamp_of(*made);
  known_.note(file, fd->get(), *made);
  // A million paths are put together only for somebody who reads them.
  if (!found && log_enabled(LogLevel::kInfo)) {
    log_event(LogLevel::kInfo, "file_made", {{"path", path_of(file)}, {"size", made->size}});
  }
  return kOk;
}

// Where the file system lists other letters than it was told, nobody can tell later whether the
// file is this one or its twin: the empty file goes again, and gets a name that only it has.
bool FileStorage::gets_other_letters(FileIndex file, Names& names) {
  FileSpec const& spec = map_.file(file);
  if (!spec.contested || looks_marked(spec.path) || keeps_letters(spec.path, names)) return false;
  auto const directory = directory_of(spec.path);
  if (directory.empty()) return static_cast<bool>(io::unlink(root_.get(), spec.path));
  auto const folder = io::open_directory_beneath(root_.get(), std::string{directory});
  return folder && io::unlink(folder->get(), spec.path.substr(directory.size() + 1));
}

// One name tells it of all in its directory.
bool FileStorage::keeps_letters(std::string_view path, Names& names) const {
  for (std::string_view rest = path; !rest.empty(); rest = directory_of(rest)) {
    std::string const directory{directory_of(rest)};
    std::string const name{rest.substr(directory.empty() ? 0 : directory.size() + 1)};
    bool const ascii = std::ranges::all_of(name, [](char c) { return c > 0; });
    if (ascii && name == ascii_lower(name)) continue;
    auto const [at, unknown] = names.keeps_letters.try_emplace({directory, ascii}, true);
    if (unknown) {
      auto const listed = io::names_in(root_.get(), directory, kNamesListed);
      // Who cannot list it has to take the file system's word.
      at->second = !listed || std::ranges::find(*listed, name) != listed->end();
    }
    if (!at->second) return false;
  }
  return true;
}

Outcome FileStorage::lay_out_file(FileIndex file, int fd, io::FileInfo const& now,
                                  AllocMode alloc) {
  std::uint64_t const length = map_.file(file).length;
  if (has_mark(file, kUnwritable)) return kOk;
  auto const laid_out =
      now.size > length ? io::truncate(fd, length) : lay_out(fd, now, length, alloc);
  if (!laid_out) return failure("cannot make room for", file, laid_out.error());
  return kOk;
}

// What is there at its full size may be right as it is: then it need not be writable.  What was
// not there is made by us or not at all.
Expected<Fd> FileStorage::open_to_make(FileIndex file) {
  FileSpec const& spec = map_.file(file);
  auto const permissions = spec.executable ? kExecutablePermissions : kPlainPermissions;
  auto const& found = found_[file.value];
  if (!found) return io::create_new_beneath(root_.get(), spec.path, permissions);
  auto fd = io::create_beneath(root_.get(), spec.path, permissions);
  bool const whole = found->stamp.size == spec.length;
  if (fd || fd.error().code != Errc::kPermission || !whole) return fd;
  marks_[file.value].fetch_or(kUnwritable, std::memory_order_acq_rel);
  return io::open_beneath(root_.get(), spec.path, io::Access::kRead);
}

// It was not there a moment ago: another btfast began at once, or one of our own files has this
// name too, or somebody put something there.
Failure FileStorage::appeared(FileIndex file, Names& names) {
  if (auto const alone = lock_output(); !alone) return alone.error();
  auto const now = io::info_beneath(root_.get(), map_.file(file).path);
  names.clash = now && names.inodes.contains({now->device, now->inode});
  if (names.clash) return same_name(file);
  return Failure{Errc::kUnsafePath, path_of(file) + ": appeared while the files were made"};
}

Failure FileStorage::same_name(FileIndex file) const {
  return Failure{Errc::kUnsafePath,
                 path_of(file) + ": another file of the torrent has this name here"};
}

std::vector<Disturbance> FileStorage::unwritable() {
  std::vector<Disturbance> out;
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    FileIndex const file{f};
    if ((marks_[f].load(std::memory_order_acquire) & kUnwritable) == 0) continue;
    auto const fd = io::open_beneath(root_.get(), map_.file(file).path, io::Access::kWrite);
    if (fd) continue;  // it may be by now
    out.push_back({.offset = map_.file_offset(file),
                   .length = map_.file(file).length,
                   .why = failure("cannot write", file, fd.error())});
  }
  return out;
}

Outcome FileStorage::refuse_what_stands_there() {
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    FileIndex const file{f};
    if (left_out(file) || has_mark(file, kKept)) continue;
    bool const linked = found_[f] && found_[f]->linked;
    if (linked || behind_link(file)) return failure("cannot write", file, {Errc::kUnsafePath});
    if (auto why = shared(file)) return *std::move(why);
    std::uint64_t const size = found_size(file).value_or(0);
    if (size > map_.files()[f].length && !options_.overwrite) return too_long(file, size);
  }
  return kOk;
}

Failure FileStorage::too_long(FileIndex file, std::uint64_t size) const {
  return Failure{Errc::kUnsafePath,
                 path_of(file) + ": is " + counted_bytes(size) + " long, the torrent's file is " +
                     std::to_string(map_.file(file).length) + "; move it out of the way"};
}

}  // namespace btfast::storage
