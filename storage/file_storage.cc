#include "storage/file_storage.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/check.h"

namespace btfast::storage {
FileStorage::FileStorage(std::string output_dir, FileMap map)
    : FileStorage(std::move(output_dir), std::move(map), Options{}) {}

FileStorage::FileStorage(std::string output_dir, FileMap map, Options options)
    : FileStorage(std::move(output_dir), std::move(map), std::move(options), io::Access::kWrite) {}

FileStorage::FileStorage(std::string output_dir, FileMap map, Options options, io::Access access)
    : output_dir_(output_dir.empty() ? "." : std::move(output_dir)),
      map_(std::move(map)),
      options_(std::move(options)),
      access_(access),
      found_(map_.files().size()),
      write_back_(options_.write_back_every),
      marks_(std::make_unique<std::atomic<std::uint8_t>[]>(map_.files().size())) {}

Outcome FileStorage::write(std::uint64_t offset, std::span<iovec const> from) {
  if (access_ != io::Access::kWrite) {
    return Failure{Errc::kPermission, output_dir_ + ": opened for reading only"};
  }
  BTF_DCHECK(pool_ != nullptr && !looked_);
  Gather gather{from};
  SliceWalk walk{map_, offset, Gather::size(from)};
  while (auto const slice = walk.next()) {
    if (map_.file(slice->file).pad) {
      gather.advance(slice->length);
    } else if (auto const written = write_slice(*slice, gather); !written) {
      return failure("cannot write", slice->file, written.error());
    }
  }
  return kOk;
}

Outcome FileStorage::read(std::uint64_t offset, std::span<std::byte> into) {
  SliceWalk walk{map_, offset, into.size()};
  while (auto const slice = walk.next()) {
    auto const part = into.first(static_cast<std::size_t>(slice->length));
    into = into.subspan(part.size());
    if (map_.file(slice->file).pad) {
      std::memset(part.data(), 0, part.size());
    } else if (auto const got = read_slice(*slice, part); !got) {
      return failure("cannot read", slice->file, got.error());
    }
  }
  return kOk;
}

Outcome FileStorage::try_read(std::uint64_t offset, std::span<std::byte> into) {
  // The common refusals carry no text: nobody reads it, and the net thread waits.
  Failure const would_block{Errc::kWouldBlock, {}};
  SliceWalk walk{map_, offset, into.size()};
  while (auto const slice = walk.next()) {
    auto const part = into.first(static_cast<std::size_t>(slice->length));
    into = into.subspan(part.size());
    if (map_.file(slice->file).pad) {
      std::memset(part.data(), 0, part.size());
      continue;
    }
    auto const use = pool_->try_use(slice->file);
    if (!use) return would_block;
    if (auto const got = io::read_cached_at(use->fd(), part, slice->offset); !got) {
      if (got.error().code == Errc::kWouldBlock) return would_block;
      return failure("cannot read", slice->file, got.error());
    }
  }
  return kOk;
}

Outcome FileStorage::sync() {
  if (auto const done = sync_directories(); !done) return done.error();
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    auto& marks = marks_[f];
    if ((marks.load(std::memory_order_acquire) & kUnsynced) == 0) continue;
    marks.fetch_and(static_cast<std::uint8_t>(~kUnsynced), std::memory_order_acq_rel);
    auto const use = pool_->use(FileIndex{f});
    auto const synced = use ? io::sync_data(use->fd()) : Status{use.error()};
    if (!synced) {
      // The kernel reports a lost page once and then calls it clean: the mark stays, but
      // only the caller can know what to hash again.  That must not find what was lost in the
      // cache, and take it for written.
      marks.fetch_or(kUnsynced, std::memory_order_acq_rel);
      if (use) io::drop_cached(use->fd());
      return failure("cannot sync", FileIndex{f}, synced.error());
    }
  }
  return kOk;
}

void FileStorage::will_read(std::uint64_t offset, std::uint64_t length) {
  if (!pool_) return;
  SliceWalk walk{map_, offset, length};
  while (auto const slice = walk.next()) {
    if (map_.file(slice->file).pad) continue;
    if (auto const use = pool_->use(slice->file); use) {
      io::will_read(use->fd(), slice->offset, slice->length);
    }
  }
}

bool FileStorage::is_hole(std::uint64_t offset, std::uint64_t length) {
  if (!pool_) return false;
  SliceWalk walk{map_, offset, length};
  while (auto const slice = walk.next()) {
    if (map_.file(slice->file).pad) continue;
    auto const use = pool_->use(slice->file);
    if (!use || !io::is_hole(use->fd(), slice->offset, slice->length)) return false;
  }
  return true;
}

void FileStorage::each_hole(FileIndex file, OnHole const& on_hole) {
  std::uint64_t const length = map_.file(file).length;
  if (!pool_ || map_.file(file).pad) return;
  auto const use = pool_->use(file);
  if (!use) return;
  std::uint64_t const begin = map_.file_offset(file);
  for (auto hole = io::find_hole(use->fd(), 0, length); hole < length;) {
    std::uint64_t const data = io::find_data(use->fd(), hole, length);
    on_hole(begin + hole, begin + data);
    hole = io::find_hole(use->fd(), data, length);
  }
}

Result<io::FileInfo> FileStorage::info(FileIndex file) {
  auto const use = pool_->use(file);
  if (!use) return failure("cannot open", file, use.error());
  auto const found = io::info(use->fd());
  if (!found) return failure("cannot look at", file, found.error());
  return *found;
}

Result<FileStamp> FileStorage::stamp(FileIndex file) {
  MutexLock const lock{mutex_};
  auto& marks = marks_[file.value];
  if ((marks.load(std::memory_order_acquire) & kRestamp) == 0) return stamps_[file.value];
  // Before the look: a write that ends after it sets the mark again.
  marks.fetch_and(static_cast<std::uint8_t>(~kRestamp), std::memory_order_acq_rel);
  auto const now = info(file);
  if (!now) {
    marks.fetch_or(kRestamp, std::memory_order_acq_rel);
    return now.error();
  }
  return stamps_[file.value] = stamp_of(*now);
}

// What is used is the file that was looked at or made, and not another one that was moved over it
// since, when nobody had it open.
Expected<bool> FileStorage::is_meant(FileIndex file, int fd) {
  if (access_ != io::Access::kWrite) return true;
  auto const now = io::info(fd);
  if (!now) return now.error();
  bool const meant = known_.is_meant(file, fd, *now);
  if (!meant) marks_[file.value].fetch_or(kAnother, std::memory_order_acq_rel);
  return meant;
}

// A server may set the time of the last write as late as the file is closed.
void FileStorage::put_away(FileIndex file, Fd fd) {
  if (access_ != io::Access::kWrite || known_.is_lasting(file)) return;
  auto const held = io::info(fd.get());
  fd.reset();
  if (!held) return;
  auto const named = io::info_beneath(root_.get(), map_.file(file).path);
  known_.note_closed(file, stamp_of(named && named->same_file(*held) ? *named : *held));
}

std::string FileStorage::directory_path() const {
  return output_dir_.back() == '/' ? output_dir_ : output_dir_ + '/';
}

std::string FileStorage::path_of(FileIndex file) const {
  return directory_path() + map_.file(file).path;
}

// A network file system forgets a file that its server replaced (ESTALE): opened anew it
// may be well, and is tried once more.
Status FileStorage::write_slice(FileSlice const& slice, Gather& from) {
  for (bool retried = false;; retried = true) {
    Gather attempt = from;
    Status written = kOk;
    if (auto const use = pool_->use(slice.file); use) {
      written = write_to(*use, slice, attempt);
    } else {
      written = use.error();
    }
    if (written) {
      marks_[slice.file.value].fetch_or(kUnsynced | kRestamp, std::memory_order_acq_rel);
      from = attempt;
      return kOk;
    }
    if (written.error().sys_errno != ESTALE || retried) return written;
    (void)pool_->forget(slice.file);
  }
}

Status FileStorage::write_to(FilePool::Use const& use, FileSlice const& slice, Gather& from) {
  if (use.writable()) return write_bytes(use.fd(), slice, from);
  // What is there already is left as it is: so a file with other names serves for a piece that
  // it shares.
  if (holds(use.fd(), slice, from)) return kOk;
  // It was refused before: if it still is, this says why.
  auto const fd = io::open_beneath(root_.get(), map_.file(slice.file).path, io::Access::kWrite);
  if (!fd) return fd.error();
  auto const meant = is_meant(slice.file, fd->get());
  if (!meant) return meant.error();
  if (!*meant) return Error{Errc::kNotFound, FilePool::kReplaced};
  auto const now = io::info(fd->get());
  if (!now) return now.error();
  auto const& found = found_[slice.file.value];
  if (now->links > 1 || (found && found->met_again)) return Error{Errc::kUnsafePath, EMLINK};
  return write_bytes(fd->get(), slice, from);
}

bool FileStorage::holds(int fd, FileSlice const& slice, Gather& from) {
  Gather rest = from;
  std::vector<std::byte> there(64 * 1024);
  for (std::uint64_t done = 0; done < slice.length;) {
    iovec next{};
    if (rest.peek({&next, 1}, std::min<std::uint64_t>(slice.length - done, there.size())) == 0) {
      return false;
    }
    auto const bytes = std::span{there}.first(next.iov_len);
    if (!io::read_at(fd, bytes, slice.offset + done)) return false;
    if (std::memcmp(bytes.data(), next.iov_base, bytes.size()) != 0) return false;
    rest.advance(bytes.size());
    done += bytes.size();
  }
  from = rest;
  return true;
}

Status FileStorage::write_bytes(int fd, FileSlice const& slice, Gather& from) {
  auto const written = io::write_at(fd, from, slice.length, slice.offset);
  if (written && write_back_.is_due(slice.length)) io::begin_write_back(fd);
  return written;
}

Status FileStorage::read_slice(FileSlice const& slice, std::span<std::byte> into) {
  if (!pool_) return Error{Errc::kNotFound, ENOENT};  // nor is the directory there
  for (bool retried = false;; retried = true) {
    Status got = kOk;
    if (auto const use = pool_->use(slice.file); use) {
      got = io::read_at(use->fd(), into, slice.offset);
    } else {
      got = use.error();
    }
    if (got || got.error().sys_errno != ESTALE || retried) return got;
    (void)pool_->forget(slice.file);
  }
}

Status FileStorage::sync_directory(std::string const& below) const {
  if (below.empty()) return io::sync(root_.get());
  auto const fd = io::open_directory_beneath(root_.get(), below);
  if (!fd) return fd.error();
  return io::sync(fd->get());
}

Outcome FileStorage::sync_directories() {
  std::vector<std::string> directories;
  {
    MutexLock const lock{mutex_};
    directories.swap(unsynced_directories_);
  }
  for (auto const& directory : directories) {
    auto const synced = sync_directory(directory);
    if (!synced) {
      Error const error = synced.error();
      return Failure{error.code, error.sys_errno, "cannot sync " + output_dir_ + "/" + directory};
    }
  }
  return kOk;
}

// Where it is one of the folders on the way that is wrong, and not the file.
std::optional<Failure> FileStorage::on_the_way(FileIndex file, Error error) const {
  if (!root_ || (error.sys_errno != ENOTDIR && error.sys_errno != EACCES)) return std::nullopt;
  std::string const& path = map_.file(file).path;
  std::string entered;
  for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
    std::string const prefix = path.substr(0, end);
    auto const there = io::info_through_links(root_.get(), prefix);
    bool const whole = end == std::string::npos;
    bool const closed = !there && there.error().sys_errno == EACCES && !entered.empty();
    bool const no_folder = !whole && there && !there->directory;
    if (closed || no_folder) {
      std::string const& wrong = closed ? entered : prefix;
      return Failure{
          error.code, error.sys_errno,
          "cannot enter " + directory_path() + wrong + ", where " + path_of(file) + " belongs"};
    }
    if (!there || whole) return std::nullopt;
    entered = prefix;
  }
}

Failure FileStorage::failure(std::string_view what, FileIndex file, Error error) const {
  if (auto folder = on_the_way(file, error)) return *std::move(folder);
  std::string text = path_of(file);
  if (error.code == Errc::kUnsafePath && error.sys_errno == EMLINK) {
    return of_two_names(file);
  } else if (error.code == Errc::kUnsafePath) {
    text += ": refused, not a regular file or reached through a link";
  } else if (error.code == Errc::kNotFound && error.sys_errno == FilePool::kReplaced) {
    return Failure{error.code, text + ": replaced while in use"};
  } else if (error.code == Errc::kNotFound && error.sys_errno == 0) {
    text += ": shorter than the torrent says";
  } else {
    text = std::string{what} + " " + text;
  }
  return Failure{error.code, error.sys_errno, std::move(text)};
}

}  // namespace btfast::storage
