// The part of FileStorage that notices what others do to the files.
#include "engine/base/check.h"
#include "engine/base/counted.h"
#include "storage/file_storage.h"

namespace btfast::storage {

std::vector<Disturbance> FileStorage::disturbances(Watch watch) {
  if (auto gone = directory_gone()) {
    return {
        {.offset = 0, .length = map_.total_size(), .everything = true, .why = *std::move(gone)}};
  }
  std::vector<Disturbance> out;
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    FileIndex const file{f};
    auto why = disturbance(file, watch);
    if (!why) continue;
    out.push_back({.offset = map_.file_offset(file),
                   .length = map_.file(file).length,
                   .why = *std::move(why)});
  }
  return out;
}

// We hold the directory open, so a rename, an unmount or a mount over it redirects nothing;
// but what we write is then not where the user looks for it.
std::optional<Failure> FileStorage::directory_gone() const {
  auto const held = io::info(root_.get());
  auto const named = io::info_of(output_dir_);
  if (held && named && named->same_file(*held)) return std::nullopt;
  int const sys_errno = named ? 0 : named.error().sys_errno;
  return Failure{Errc::kNotFound, sys_errno, output_dir_ + ": moved away or replaced while in use"};
}

std::optional<Failure> FileStorage::disturbance(FileIndex file, Watch watch) {
  FileSpec const& spec = map_.file(file);
  auto& marks = marks_[file.value];
  bool const watched = (marks.load(std::memory_order_acquire) & kOurs) != 0;
  if (spec.pad || spec.length == 0 || !watched) return std::nullopt;
  auto const& found = found_[file.value];
  bool const follow = access_ == io::Access::kRead || (found && found->linked);
  auto const named = follow ? io::info_through_links(root_.get(), spec.path)
                            : io::info_beneath(root_.get(), spec.path);
  std::optional<Failure> why;
  if (!named) {
    why = Failure{Errc::kNotFound, named.error().sys_errno, path_of(file) + ": gone while in use"};
  } else if (named->directory || was_replaced(file, *named, follow)) {
    why = Failure{Errc::kNotFound, path_of(file) + ": replaced while in use"};
  }
  if (watch == Watch::kNames) {
    if (!why && named->size != spec.length) why = of_another_length(file, named->size);
    return why;
  }
  if (!why) return changed(file, *named, follow);
  // In use at this moment: told the next time, when it can be opened anew.
  if (!pool_->forget(file)) return std::nullopt;
  if (named) {
    note_anew(file, *named, follow);
  } else {
    marks.fetch_and(static_cast<std::uint8_t>(~kOurs), std::memory_order_acq_rel);
  }
  return why;
}

bool FileStorage::was_replaced(FileIndex file, io::FileInfo const& named, bool follow) {
  if (auto const use = pool_->try_use(file)) {
    auto const held = io::info(use->fd());
    return !held || !known_.is_open_one(file, *held, named);
  }
  if (follow) return false;
  // Nobody has it open, and a number of an inode is given again: only who opens it can tell.
  bool const refused = has_mark(file, kAnother);
  if (refused) {
    marks_[file.value].fetch_and(static_cast<std::uint8_t>(~kAnother), std::memory_order_acq_rel);
  }
  auto const known = stamp(file);
  bool const same_number = !known_.is_lasting(file) || named.inode == identity(file).inode;
  if (!refused && known && *known == stamp_of(named) && same_number) return false;
  auto const opened = pool_->use(file);
  return !opened && opened.error().sys_errno == FilePool::kReplaced;
}

// It was laid out whole, and we only ever write below that.
Failure FileStorage::of_another_length(FileIndex file, std::uint64_t size) const {
  std::uint64_t const length = map_.file(file).length;
  return {Errc::kNotFound, path_of(file) + (size < length ? ": cut to " : ": made longer, to ") +
                               counted_bytes(size) + ", while in use, the torrent's file is " +
                               std::to_string(length)};
}

std::optional<Failure> FileStorage::changed(FileIndex file, io::FileInfo const& named,
                                            bool follow) {
  auto const known = stamp(file);
  if (known && *known == stamp_of(named)) return std::nullopt;
  note_anew(file, named, follow);
  return Failure{Errc::kNotFound, path_of(file) + ": changed by somebody else"};
}

// What has its name now is the file from now on.
void FileStorage::note_anew(FileIndex file, io::FileInfo const& named, bool follow) {
  // It may have grown.
  marks_[file.value].fetch_and(static_cast<std::uint8_t>(~(kGap | kAnother)),
                               std::memory_order_acq_rel);
  std::string const& path = map_.file(file).path;
  auto const fd = follow ? io::open_through_links(root_.get(), path)
                         : io::open_beneath(root_.get(), path, io::Access::kRead);
  auto const now = fd ? io::info(fd->get()) : Expected<io::FileInfo>{fd.error()};
  if (now) known_.note(file, fd->get(), *now);
  MutexLock const lock{mutex_};
  stamps_[file.value] = stamp_of(now ? *now : named);
}

}  // namespace btfast::storage
