// The part of FileStorage that notices what others do to the files.
#include "engine/base/check.h"
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
  } else if (auto const use = pool_->try_use(file)) {
    auto const held = io::info(use->fd());
    bool const same = held && held->same_file(*named);
    if (!same) why = Failure{Errc::kNotFound, path_of(file) + ": replaced while in use"};
  } else if (!follow && inodes_last_) {
    // Nobody has it open.  A number of an inode is given again: only who opens it can tell.
    auto const known = stamp(file);
    bool const as_left = known && *known == FileStamp{named->size, named->mtime_ns} &&
                         named->inode == identity(file).inode;
    if (!as_left) {
      auto const opened = pool_->use(file);
      bool const same = opened || opened.error().sys_errno != FilePool::kReplaced;
      if (!same) why = Failure{Errc::kNotFound, path_of(file) + ": replaced while in use"};
    }
  }
  if (watch == Watch::kNames) {
    if (!why && named->size != spec.length) why = of_another_length(file, named->size);
    return why;
  }
  if (!why) return changed(file, *named);
  // In use at this moment: told the next time, when it can be opened anew.
  if (!pool_->forget(file)) return std::nullopt;
  if (named) {
    note_stamp(file, *named);
  } else {
    marks.fetch_and(static_cast<std::uint8_t>(~kOurs), std::memory_order_acq_rel);
  }
  return why;
}

// It was laid out whole, and we only ever write below that.
Failure FileStorage::of_another_length(FileIndex file, std::uint64_t size) const {
  std::uint64_t const length = map_.file(file).length;
  return {Errc::kNotFound, path_of(file) + (size < length ? ": cut to " : ": made longer, to ") +
                               std::to_string(size) +
                               " bytes, while in use, the torrent's file is " +
                               std::to_string(length)};
}

std::optional<Failure> FileStorage::changed(FileIndex file, io::FileInfo const& named) {
  auto const known = stamp(file);
  if (known && *known == FileStamp{named.size, named.mtime_ns}) return std::nullopt;
  note_stamp(file, named);
  return Failure{Errc::kNotFound, path_of(file) + ": changed by somebody else"};
}

void FileStorage::note_stamp(FileIndex file, io::FileInfo const& now) {
  // It may have grown.
  marks_[file.value].fetch_and(static_cast<std::uint8_t>(~kGap), std::memory_order_acq_rel);
  if (identity(file).inode != now.inode) note_identity(file, {now.inode, 0});
  MutexLock const lock{mutex_};
  stamps_[file.value] = {now.size, now.mtime_ns};
}

}  // namespace btfast::storage
