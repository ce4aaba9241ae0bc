#include "storage/partial_storage.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "storage/path_safety.h"

namespace btfast::storage {
namespace {

std::unique_ptr<FileStorage> files_for(std::string output_dir, FileMap map,
                                       std::vector<bool> const& wanted,
                                       FileStorage::Options options) {
  options.left_out = wanted;
  options.left_out.flip();
  return std::make_unique<FileStorage>(std::move(output_dir), std::move(map), std::move(options));
}

// The next `length` bytes as a list of buffers.
std::vector<iovec> take(Gather& from, std::uint64_t length) {
  std::vector<iovec> out;
  std::array<iovec, 16> some;
  while (length > 0) {
    std::size_t const count = from.peek(some, length);
    std::uint64_t const bytes = Gather::size(std::span{some}.first(count));
    out.insert(out.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
    from.advance(bytes);
    length -= bytes;
  }
  return out;
}

}  // namespace

std::string part_file_name(FileMap const& map, std::size_t name_max) {
  auto const real = [](FileSpec const& file) { return !file.pad; };
  auto const first = std::find_if(map.files().begin(), map.files().end(), real);
  std::string const path = first == map.files().end() ? std::string{} : first->path;
  return beside_name(path.substr(0, path.find('/')), ".btfast-part", name_max);
}

PartialStorage::PartialStorage(std::string output_dir, FileMap map, std::uint64_t piece_length,
                               std::vector<bool> const& wanted, FileStorage::Options options)
    : PartialStorage(files_for(std::move(output_dir), std::move(map), wanted, std::move(options)),
                     piece_length, wanted, io::Access::kWrite) {}

PartialStorage::PartialStorage(std::unique_ptr<FileStorage> files, std::uint64_t piece_length,
                               std::vector<bool> wanted, io::Access access)
    : files_(std::move(files)),
      access_(access),
      wanted_(std::move(wanted)),
      layout_(map(), piece_length),
      absent_(std::make_unique<std::atomic<bool>[]>(map().files().size())),
      part_(layout_.total_size()) {}

Result<std::unique_ptr<PartialStorage>> PartialStorage::open_existing(std::string output_dir,
                                                                      FileMap map,
                                                                      std::uint64_t piece_length) {
  auto files = FileStorage::open_existing(std::move(output_dir), std::move(map));
  if (!files) return files.error();
  // Not make_unique: the constructor is private.
  std::unique_ptr<PartialStorage> storage{
      new PartialStorage(*std::move(files), piece_length, {}, io::Access::kRead)};
  if (auto const ready = storage->open_part(); !ready) return ready.error();
  return storage;
}

Outcome PartialStorage::prepare() {
  if (auto const ready = files_->prepare(); !ready) return ready;
  if (auto const ready = open_part(); !ready) return ready;
  MutexLock const lock{mutex_};
  for (std::uint32_t f = 0; had_part_ && f < map().files().size(); ++f) {
    FileIndex const file{f};
    bool const new_here = !map().file(file).pad && !absent(file) &&
                          files_->found_size(file) != map().file(file).length;
    if (!new_here) continue;
    if (auto const brought = bring_ends(file); !brought) return brought;
  }
  return drop_part_if_unneeded();
}

Outcome PartialStorage::open_part() {
  bool const writing = access_ == io::Access::kWrite;
  std::size_t absent = 0;
  for (std::uint32_t f = 0; f < map().files().size(); ++f) {
    FileIndex const file{f};
    if (map().file(file).pad) continue;
    auto const found = files_->found_size(file);
    bool const left_out = writing ? !wanted_.empty() && !wanted_[f] : !found;
    bool const is_absent = left_out && (!found || *found != map().file(file).length);
    absent_[f].store(is_absent, std::memory_order_relaxed);  // nobody else is here yet
    absent += is_absent ? 1 : 0;
  }
  absent_count_.store(absent, std::memory_order_release);
  MutexLock const lock{mutex_};
  int const root = files_->directory();
  auto const opened = part_.open(root, part_file_name(map(), io::name_max(root)), access_);
  if (!opened) {
    return Failure{opened.error().code, opened.error().sys_errno, "cannot open " + part_.name()};
  }
  had_part_ = part_.exists();
  return kOk;
}

Outcome PartialStorage::write(std::uint64_t offset, std::span<iovec const> from) {
  if (whole()) return files_->write(offset, from);
  Gather gather{from};
  SliceWalk walk{map(), offset, Gather::size(from)};
  while (auto const slice = walk.next()) {
    if (absent(slice->file)) {
      if (auto const written = write_absent(*slice, gather); !written) return written;
    } else {
      auto const list = take(gather, slice->length);
      auto const written = files_->write(map().file_offset(slice->file) + slice->offset, list);
      if (!written) return written;
    }
  }
  return kOk;
}

Outcome PartialStorage::read(std::uint64_t offset, std::span<std::byte> into) {
  if (whole()) return files_->read(offset, into);
  SliceWalk walk{map(), offset, into.size()};
  while (auto const slice = walk.next()) {
    auto const part = into.first(static_cast<std::size_t>(slice->length));
    into = into.subspan(part.size());
    auto const got = absent(slice->file)
                         ? read_absent(*slice, part)
                         : files_->read(map().file_offset(slice->file) + slice->offset, part);
    if (!got) return got;
  }
  return kOk;
}

Outcome PartialStorage::try_read(std::uint64_t offset, std::span<std::byte> into) {
  if (!whole()) {
    SliceWalk walk{map(), offset, into.size()};
    while (auto const slice = walk.next()) {
      // The part file is behind a mutex, for which a net thread does not wait.
      if (absent(slice->file)) return Failure{Errc::kWouldBlock, {}};
    }
  }
  return files_->try_read(offset, into);
}

Outcome PartialStorage::sync() {
  if (auto const synced = files_->sync(); !synced) return synced;
  MutexLock const lock{mutex_};
  auto const synced = part_.sync();
  if (synced) return kOk;
  return Failure{synced.error().code, synced.error().sys_errno, "cannot sync " + part_.name()};
}

void PartialStorage::will_read(std::uint64_t offset, std::uint64_t length) {
  if (whole()) files_->will_read(offset, length);
}

bool PartialStorage::is_hole(std::uint64_t offset, std::uint64_t length) {
  if (!whole()) {
    SliceWalk walk{map(), offset, length};
    while (auto const slice = walk.next()) {
      // What is in no file reads as nothing, not as zeros.
      if (absent(slice->file)) return false;
    }
  }
  return files_->is_hole(offset, length);
}

Outcome PartialStorage::write_absent(FileSlice const& slice, Gather& from) {
  MutexLock const lock{mutex_};
  std::uint64_t offset = slice.offset;
  std::uint64_t const end = slice.offset + slice.length;
  if (!absent(slice.file)) {  // not any more
    auto const list = take(from, slice.length);
    return files_->write(map().file_offset(slice.file) + offset, list);
  }
  while (offset < end) {
    auto const place = layout_.at(slice.file, offset);
    if (!place) return Failure{Errc::kInternal, files_->path_of(slice.file) + ": not selected"};
    std::uint64_t const length = std::min(place->length, end - offset);
    if (auto const written = part_.write(from, length, place->in_part); !written) {
      return part_failure("cannot write", slice.file, written.error());
    }
    offset += length;
  }
  return kOk;
}

Outcome PartialStorage::read_absent(FileSlice const& slice, std::span<std::byte> into) {
  MutexLock const lock{mutex_};
  if (!absent(slice.file)) {
    return files_->read(map().file_offset(slice.file) + slice.offset, into);
  }
  Failure const not_there{Errc::kNotFound, files_->path_of(slice.file) + ": not selected"};
  std::uint64_t offset = slice.offset;
  while (!into.empty()) {
    auto const place = layout_.at(slice.file, offset);
    if (!place) return not_there;
    auto const bytes =
        into.first(static_cast<std::size_t>(std::min<std::uint64_t>(place->length, into.size())));
    // Who only looks wants to know what is missing.
    bool const unwritten =
        access_ == io::Access::kRead && part_.is_hole(place->in_part, bytes.size());
    if (unwritten) return not_there;
    if (auto const got = part_.read(bytes, place->in_part); !got) {
      return part_failure("cannot read", slice.file, got.error());
    }
    into = into.subspan(bytes.size());
    offset += bytes.size();
  }
  return kOk;
}

Failure PartialStorage::part_failure(std::string_view what, FileIndex file, Error error) const {
  return {error.code, error.sys_errno,
          std::string{what} + " the part file for " + files_->path_of(file)};
}

// -- when a file comes to be wanted ------------------------------------------------------------

Outcome PartialStorage::select(std::vector<bool> const& wanted) {
  MutexLock const lock{mutex_};
  for (std::uint32_t f = 0; f < map().files().size(); ++f) {
    bool const is_wanted = wanted.empty() || wanted[f];
    if (!is_wanted || !absent(FileIndex{f})) continue;
    if (auto const made = make_present(FileIndex{f}); !made) return made;
  }
  return drop_part_if_unneeded();
}

Outcome PartialStorage::make_present(FileIndex file) {
  if (auto const made = files_->make(file); !made) return made;
  if (auto const brought = bring_ends(file); !brought) return brought;
  absent_[file.value].store(false, std::memory_order_release);
  absent_count_.fetch_sub(1, std::memory_order_acq_rel);
  return kOk;
}

// Ends that are zeros were never written, or are already right in a new file.
Outcome PartialStorage::bring_ends(FileIndex file) {
  if (!part_.exists()) return kOk;
  std::vector<std::byte> buffer(1 << 16);
  for (auto const& [in_file, in_part, length] : layout_.fragments(file)) {
    for (std::uint64_t done = 0; done < length;) {
      auto const bytes = std::span{buffer}.first(
          static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), length - done)));
      if (auto const got = part_.read(bytes, in_part + done); !got) {
        return part_failure("cannot read", file, got.error());
      }
      bool const zeros =
          std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
      iovec const list{bytes.data(), bytes.size()};
      std::uint64_t const to = map().file_offset(file) + in_file + done;
      auto const written = zeros ? Outcome{kOk} : files_->write(to, {&list, 1});
      if (!written) return written;
      done += bytes.size();
    }
  }
  return kOk;
}

// Only once what came out of it is safe where it went.
Outcome PartialStorage::drop_part_if_unneeded() {
  if (!part_.exists() || !whole()) return kOk;
  if (auto const synced = files_->sync(); !synced) return synced;
  auto const removed = part_.remove();
  if (removed) return kOk;
  return Failure{removed.error().code, removed.error().sys_errno, "cannot remove " + part_.name()};
}

}  // namespace btfast::storage
