// The part of FileStorage that looks at what is there and makes what is not.
#include <algorithm>
#include <cerrno>
#include <limits>
#include <set>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "storage/file_storage.h"
#include "storage/name_choice.h"
#include "storage/name_search.h"

namespace btfast::storage {
namespace {

constexpr std::uint64_t kAbsent = std::numeric_limits<std::uint64_t>::max();
constexpr ::mode_t kPlainPermissions = 0666;
constexpr ::mode_t kExecutablePermissions = 0777;

std::string_view directory_of(std::string_view path) {
  std::size_t const slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

}  // namespace

struct FileStorage::Names {
  AllocMode alloc;
  std::string directory;                                     // the last one made sure of
  std::vector<std::string> changed;                          // directories that got an entry
  std::set<std::pair<std::uint64_t, std::uint64_t>> inodes;  // of files with one name
  bool clash = false;  // the last file was refused for another one of the torrent

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

Result<std::unique_ptr<FileStorage>> FileStorage::open_existing(std::string output_dir,
                                                                FileMap map) {
  // Not make_unique: the constructor that takes an access is private.
  std::unique_ptr<FileStorage> storage{
      new FileStorage(std::move(output_dir), std::move(map), Options{}, io::Access::kRead)};
  if (auto const ready = storage->prepare(); !ready) return ready.error();
  return storage;
}

// Looks at everything before it makes anything: a refusal leaves the disk as it was.
Outcome FileStorage::prepare() {
  bool const writing = access_ == io::Access::kWrite;
  if (writing) {
    if (auto const made = io::make_directories(output_dir_); !made) {
      return Failure{made.error().code, made.error().sys_errno, "cannot make " + output_dir_};
    }
  }
  auto root = io::open_directory(output_dir_);
  if (!root) {
    return Failure{root.error().code, root.error().sys_errno, "cannot open " + output_dir_};
  }
  pool_.reset();
  lock_ = {};
  root_ = *std::move(root);
  NameSearch{root_.get(), map_}.run();
  if (auto const alone = lock_output(); !alone) return alone;
  pool_ = std::make_unique<FilePool>(root_.get(), map_, access_, options_.open_files_max);
  if (auto const sound = inspect(); !sound || !writing) return sound;

  auto names = std::make_shared<Names>();
  names->alloc = options_.alloc.value_or(default_alloc_mode(root_.get()));
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    if (map_.files()[f].pad || left_out(FileIndex{f})) continue;
    auto const made = make_named(FileIndex{f}, *names);
    if (!made) return made.error();
    // New outputs: two programs that begin at once meet here.
    if (auto const alone = lock_output(); !alone) return alone;
    MutexLock const lock{mutex_};
    stamps_[f] = *made;
  }
  MutexLock const lock{mutex_};
  unsynced_directories_ = names->take_changed();
  names_ = std::move(names);
  return kOk;
}

Outcome FileStorage::make(FileIndex file) {
  MutexLock const lock{mutex_};
  BTF_CHECK(names_ != nullptr);
  names_->directory.clear();  // it may be gone since
  auto const made = make_file(file, *names_);
  if (!made) return made.error();
  stamps_[file.value] = *made;
  for (auto& directory : names_->take_changed()) {
    unsynced_directories_.push_back(std::move(directory));
  }
  return kOk;
}

// What is not there yet cannot be locked; any other trouble with it is told by those who use it.
Outcome FileStorage::lock_output() {
  if (lock_ || access_ != io::Access::kWrite) return kOk;
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    auto const& file = map_.files()[f];
    if (file.pad || left_out(FileIndex{f})) continue;
    auto taken = OutputLock::take(root_.get(), file.path);
    if (taken) {
      lock_ = *std::move(taken);
    } else if (taken.error().code == Errc::kBusy) {
      return Failure{Errc::kBusy, directory_path() + file.path.substr(0, file.path.find('/')) +
                                      ": another btfast is at work on it"};
    }
    return kOk;
  }
  return kOk;
}

Outcome FileStorage::inspect() {
  MutexLock const lock{mutex_};
  found_.assign(map_.files().size(), {kAbsent, 0});
  stamps_.assign(map_.files().size(), {});
  extents_.clear();
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    marks_[f].store(0, std::memory_order_relaxed);  // prepare() is alone
    if (map_.files()[f].pad) continue;
    auto const sound = inspect_file(FileIndex{f});
    if (!sound && !left_out(FileIndex{f})) return sound;
    stamps_[f] = found_stamp(FileIndex{f}).value_or(FileStamp{});
  }
  return kOk;
}

Outcome FileStorage::inspect_file(FileIndex file) {
  auto const fd = io::open_beneath(root_.get(), map_.file(file).path, io::Access::kRead);
  if (!fd) {
    if (fd.error().code == Errc::kNotFound) return kOk;
    return failure("cannot open", file, fd.error());
  }
  auto const found = io::info(fd->get());
  if (!found) return failure("cannot look at", file, found.error());
  if (found->size > map_.file(file).length && access_ == io::Access::kWrite)
    return too_long(file, found->size);
  found_[file.value] = {found->size, found->mtime_ns};
  lies_on(file, found->device);
  std::uint8_t marks = 0;
  if (found->size > 0 && !io::is_hole(fd->get(), 0, found->size)) marks |= kHadData;
  // Of another size and not wanted it is somebody else's.
  if (!left_out(file) || found->size == map_.file(file).length) marks |= kOurs;
  marks_[file.value].store(marks, std::memory_order_relaxed);  // prepare() is alone
  return kOk;
}

// Files come in the torrent's order.
void FileStorage::lies_on(FileIndex file, std::uint64_t device) {
  if (map_.file(file).length == 0) return;
  if (extents_.empty()) {
    extents_.push_back({0, map_.total_size(), device});
  } else if (extents_.back().device != device) {
    std::uint64_t const offset = map_.file_offset(file);
    extents_.back().length = offset - extents_.back().offset;
    extents_.push_back({offset, map_.total_size() - offset, device});
  }
}

// What is not there yet gets the first name that the file system holds and keeps apart from the
// torrent's others.  A file system to which two of them are the same (upper and lower case,
// composed and decomposed) shows it only when the second is to be made.
Result<FileStamp> FileStorage::make_named(FileIndex file, Names& names) {
  FileSpec const& spec = map_.file(file);
  std::optional<NameChoice> choice;
  for (;;) {
    bool const found = found_[file.value].size != kAbsent;
    names.clash = !found && spec.contested && io::info_beneath(root_.get(), spec.path);
    auto made = names.clash ? Result<FileStamp>{same_name(file)} : make_file(file, names);
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

Result<FileStamp> FileStorage::make_file(FileIndex file, Names& names) {
  FileSpec const& spec = map_.file(file);
  auto const directory = directory_of(spec.path);
  if (!directory.empty() && directory != names.directory) {
    auto const made = io::make_directories_beneath(root_.get(), directory);
    if (!made) return failure("cannot make the directory of", file, made.error());
    names.directory = directory;
  }
  auto const fd = open_to_make(file);
  bool const was_there = found_[file.value].size != kAbsent;
  if (!fd) return failure(was_there ? "cannot write" : "cannot make", file, fd.error());
  auto const now = io::info(fd->get());
  if (!now) return failure("cannot look at", file, now.error());
  if (now->size > spec.length) return too_long(file, now->size);
  // One name, met twice.  Hard links are the user's doing.
  names.clash = now->links == 1 && !names.inodes.emplace(now->device, now->inode).second;
  if (names.clash) return same_name(file);
  if (!was_there) names.note_change(spec.path);
  if ((marks_[file.value].load(std::memory_order_relaxed) & kUnwritable) == 0) {
    auto const laid_out = lay_out(fd->get(), *now, spec.length, names.alloc);
    if (!laid_out) return failure("cannot make room for", file, laid_out.error());
  }
  auto const made = io::info(fd->get());
  if (!made) return failure("cannot look at", file, made.error());
  marks_[file.value].fetch_or(kOurs, std::memory_order_acq_rel);
  // A million paths are put together only for somebody who reads them.
  if (!was_there && log_enabled(LogLevel::kInfo)) {
    log_event(LogLevel::kInfo, "file_made", {{"path", path_of(file)}, {"size", made->size}});
  }
  return FileStamp{made->size, made->mtime_ns};
}

// What is there at its full size may be right as it is: then it need not be writable.
Expected<Fd> FileStorage::open_to_make(FileIndex file) {
  FileSpec const& spec = map_.file(file);
  auto fd = io::create_beneath(root_.get(), spec.path,
                               spec.executable ? kExecutablePermissions : kPlainPermissions);
  bool const whole = found_[file.value].size == spec.length;
  if (fd || fd.error().code != Errc::kPermission || !whole) return fd;
  marks_[file.value].fetch_or(kUnwritable, std::memory_order_acq_rel);
  return io::open_beneath(root_.get(), spec.path, io::Access::kRead);
}

Failure FileStorage::same_name(FileIndex file) const {
  return {Errc::kUnsafePath, path_of(file) + ": another file of the torrent has this name here"};
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

Failure FileStorage::too_long(FileIndex file, std::uint64_t size) const {
  return Failure{Errc::kUnsafePath, path_of(file) + ": is " + std::to_string(size) +
                                        " bytes long, the torrent's file is " +
                                        std::to_string(map_.file(file).length) +
                                        "; move it out of the way"};
}

std::optional<std::uint64_t> FileStorage::found_size(FileIndex file) const noexcept {
  auto const stamp = found_stamp(file);
  if (!stamp) return std::nullopt;
  return stamp->size;
}

std::optional<FileStamp> FileStorage::found_stamp(FileIndex file) const noexcept {
  FileStamp const& stamp = found_[file.value];
  if (stamp.size == kAbsent) return std::nullopt;
  return stamp;
}

}  // namespace btfast::storage
