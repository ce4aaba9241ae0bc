// The part of FileStorage that finds what is there, and changes nothing.
#include <algorithm>
#include <tuple>
#include <utility>

#include "storage/file_storage.h"
#include "storage/name_search.h"

namespace btfast::storage {

Result<std::unique_ptr<FileStorage>> FileStorage::open_existing(std::string output_dir, FileMap map,
                                                                Options options) {
  // Not make_unique: the constructor that takes an access is private.
  std::unique_ptr<FileStorage> storage{new FileStorage(std::move(output_dir), std::move(map),
                                                       std::move(options), io::Access::kRead)};
  if (auto const ready = storage->prepare(); !ready) return ready.error();
  return storage;
}

Outcome FileStorage::look() {
  pool_.reset();
  lock_ = {};
  root_ = {};
  {
    MutexLock const lock{mutex_};
    found_.assign(map_.files().size(), std::nullopt);
    stamps_.assign(map_.files().size(), {});
    names_.reset();
  }
  known_.reset(map_.files().size());
  extents_.clear();
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    marks_[f].store(kGap, std::memory_order_relaxed);  // look() is alone
  }
  auto const opened = open_root();
  bool const nothing_there = !opened && opened.error().code == Errc::kNotFound;
  if (!opened && (access_ == io::Access::kRead || !nothing_there)) return opened;
  if (opened) {
    if (auto const sound = inspect(); !sound) return sound;
  }
  looked_ = true;
  return kOk;
}

Outcome FileStorage::open_root() {
  auto root = io::open_directory(output_dir_);
  if (!root) {
    return Failure{root.error().code, root.error().sys_errno, "cannot open " + output_dir_};
  }
  root_ = *std::move(root);
  NameSearch search{root_.get(), map_};
  search.run();
  doubtful_ = search.doubtful();
  FilePool::Keeper keeper{
      .is_meant = [this](FileIndex file, int fd) { return is_meant(file, fd); },
      .close = [this](FileIndex file, Fd fd) { put_away(file, std::move(fd)); }};
  pool_ = std::make_unique<FilePool>(root_.get(), map_, access_, options_.open_files_max,
                                     std::move(keeper));
  // Until prepare(): an overlay copies the whole of what is opened to be written.
  pool_->set_access(io::Access::kRead);
  return lock_output();
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
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    if (map_.files()[f].pad) continue;
    auto const sound = inspect_file(FileIndex{f});
    if (!sound && !left_out(FileIndex{f})) return sound;
    MutexLock const lock{mutex_};
    if (!found_[f]) continue;
    stamps_[f] = found_[f]->stamp;
  }
  note_met_again();
  return kOk;
}

// Two names may lead to one file: on a file system that takes them for one, or by links.
void FileStorage::note_met_again() {
  for (FileIndex const file : doubtful_) {
    if (found_[file.value]) found_[file.value]->met_again = true;
  }
  std::vector<std::uint32_t> found;
  for (std::uint32_t f = 0; f < found_.size(); ++f) {
    if (found_[f] && found_[f]->identity.inode != 0) found.push_back(f);
  }
  auto const inode_of = [this](std::uint32_t f) {
    return std::tuple{found_[f]->device, found_[f]->identity.inode};
  };
  std::ranges::sort(found, {}, inode_of);
  for (std::size_t i = 1; i < found.size(); ++i) {
    if (inode_of(found[i - 1]) != inode_of(found[i])) continue;
    found_[found[i - 1]]->met_again = found_[found[i]]->met_again = true;
  }
}

Outcome FileStorage::inspect_file(FileIndex file) {
  bool linked = false;
  auto const fd = open_to_look(file, linked);
  auto& marks = marks_[file.value];
  if (!fd) {
    if (fd.error().code != Errc::kNotFound) return failure("cannot open", file, fd.error());
    if (linked) marks.fetch_or(kBehindLink, std::memory_order_relaxed);
    return kOk;
  }
  auto const now = io::info(fd->get());
  if (!now) return failure("cannot look at", file, now.error());
  std::uint64_t const length = map_.file(file).length;
  bool const blank = now->size == length && io::is_hole(fd->get(), 0, length);
  known_.note(file, fd->get(), *now);
  found_[file.value] =
      FoundFile{stamp_of(*now), known_.identity(file), linked, blank, now->device, now->links};
  if (linked) pool_->follow_links(file);
  lies_on(file, now->device);
  if (now->size >= length) marks.fetch_and(static_cast<std::uint8_t>(~kGap));
  // Of another size and not wanted it is somebody else's.
  if (!left_out(file) || now->size == length) marks.fetch_or(kOurs);
  return kOk;
}

// Who only reads follows every link.  Who writes has to know which there are.
Expected<Fd> FileStorage::open_to_look(FileIndex file, bool& linked) {
  std::string const& path = map_.file(file).path;
  if (access_ == io::Access::kRead) return io::open_through_links(root_.get(), path);
  auto fd = io::open_beneath(root_.get(), path, io::Access::kRead);
  if (fd || fd.error().code != Errc::kUnsafePath) return fd;
  auto followed = io::open_through_links(root_.get(), path);
  linked = followed || followed.error().code == Errc::kNotFound;
  return followed;
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

bool FileStorage::is_there(std::uint64_t offset, std::uint64_t length) {
  SliceWalk walk{map_, offset, length};
  while (auto const slice = walk.next()) {
    auto const marks = marks_[slice->file.value].load(std::memory_order_acquire);
    if (map_.file(slice->file).pad || (marks & kGap) == 0) continue;
    if (slice->offset + slice->length > found_size(slice->file).value_or(0)) return false;
  }
  return true;
}

std::optional<std::uint64_t> FileStorage::found_size(FileIndex file) const noexcept {
  if (!found_[file.value]) return std::nullopt;
  return found_[file.value]->stamp.size;
}

std::optional<Failure> FileStorage::shared(FileIndex file) {
  auto const& found = found_[file.value];
  if (!found) return std::nullopt;
  bool const shared = found->links > 1 ? left_out(file) || keeps_its_names(file) : found->met_again;
  if (!shared) return std::nullopt;
  return of_two_names(file);
}

// Layers of file systems tell it only of what is open to be written.
bool FileStorage::keeps_its_names(FileIndex file) {
  if (known_.is_lasting(file)) return true;
  auto const fd = io::open_beneath(root_.get(), map_.file(file).path, io::Access::kWrite);
  auto const now = fd ? io::info(fd->get()) : Expected<io::FileInfo>{fd.error()};
  return !now || now->links > 1;
}

Failure FileStorage::of_two_names(FileIndex file) const {
  auto const& found = found_[file.value];
  if (found && found->links == 1 && found->met_again) {
    return Failure{Errc::kUnsafePath, path_of(file) +
                                          ": is another file of the torrent, too, and not all of "
                                          "it is right; move it out of the way"};
  }
  return Failure{Errc::kUnsafePath,
                 path_of(file) +
                     ": has other names (hard links) and not all of it is right; writing to it "
                     "would change it under each; put a copy in its place (cp NAME NAME.tmp && mv "
                     "NAME.tmp NAME)"};
}

bool FileStorage::behind_link(FileIndex file) const noexcept { return has_mark(file, kBehindLink); }

void FileStorage::disown(FileIndex file) noexcept {
  marks_[file.value].fetch_and(static_cast<std::uint8_t>(~kOurs), std::memory_order_acq_rel);
}

void FileStorage::keep(FileIndex file) noexcept {
  marks_[file.value].fetch_or(kKept, std::memory_order_acq_rel);
}

bool FileStorage::is_ours(FileIndex file) const noexcept { return has_mark(file, kOurs); }

}  // namespace btfast::storage
