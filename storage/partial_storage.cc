#include "storage/partial_storage.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "storage/own_names.h"
#include "storage/path_safety.h"

namespace btfast::storage {
namespace {

std::vector<bool> left_out_by(std::vector<bool> wanted) {
  wanted.flip();
  return wanted;
}

std::unique_ptr<FileStorage> files_for(std::string output_dir, FileMap map,
                                       std::vector<bool> const& wanted,
                                       FileStorage::Options options) {
  options.left_out = left_out_by(wanted);
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
  return beside_name(path.substr(0, path.find('/')), kPartSuffix, name_max);
}

PartialStorage::PartialStorage(std::string output_dir, FileMap map, PartOwner const& owner,
                               std::vector<bool> const& wanted, FileStorage::Options options)
    : PartialStorage(files_for(std::move(output_dir), std::move(map), wanted, std::move(options)),
                     owner, wanted, io::Access::kWrite) {}

PartialStorage::PartialStorage(std::unique_ptr<FileStorage> files, PartOwner const& owner,
                               std::vector<bool> wanted, io::Access access)
    : files_(std::move(files)),
      access_(access),
      wanted_(std::move(wanted)),
      layout_(map(), owner.piece_length),
      beside_wanted_(layout_.beside(wanted_)),
      absent_(std::make_unique<std::atomic<bool>[]>(map().files().size())),
      part_(owner, layout_) {
  if (files_->options().overwrite) part_.insist();
}

Result<std::unique_ptr<PartialStorage>> PartialStorage::open_existing(
    std::string output_dir, FileMap map, PartOwner const& owner, std::vector<bool> const& wanted) {
  auto files = FileStorage::open_existing(std::move(output_dir), std::move(map),
                                          {.left_out = left_out_by(wanted)});
  if (!files) return files.error();
  // Not make_unique: the constructor is private.
  std::unique_ptr<PartialStorage> storage{
      new PartialStorage(*std::move(files), owner, wanted, io::Access::kRead)};
  if (auto const ready = storage->open_part(); !ready) return ready.error();
  return storage;
}

// Until prepare() what is in no file is read from the part file, wanted or not.
Outcome PartialStorage::look() {
  prepared_ = false;
  if (auto const sound = files_->look(); !sound) return sound;
  if (auto const opened = open_part(); !opened) return opened;
  // Pieces that are right through the part file say nothing of what stands there.
  for (std::uint32_t f = 0; access_ == io::Access::kWrite && f < map().files().size(); ++f) {
    MutexLock const lock{mutex_};
    note_what_is_believed(FileIndex{f});
  }
  if (auto const sound = refuse_foreign_part(); !sound) return sound;
  looked_ = true;
  return kOk;
}

// Before anything is made: what is not wanted would have nowhere to go.
Outcome PartialStorage::refuse_foreign_part() {
  MutexLock const lock{mutex_};
  if (access_ == io::Access::kRead) return kOk;
  bool const changes = needs_part() || !part_.has_none();
  if (changes && part_.copy_is_barred()) return barred_copy();
  if (!part_.foreign() || !needs_part()) return kOk;
  std::string const path = files_->directory_path() + part_.name();
  if (!part_.replaceable()) {
    return Failure{Errc::kUnsafePath, path + ": is there already, and is no file"};
  }
  if (files_->options().overwrite) return kOk;
  if (auto const& why = part_.unreadable()) return part_failure("cannot read", *why);
  return Failure{Errc::kUnsafePath, path + ": is there already, and is not this torrent's; " +
                                        files_->options().remedy};
}

bool PartialStorage::needs_part() const {
  for (std::uint32_t f = 0; f < beside_wanted_.size(); ++f) {
    if (beside_wanted_[f] && in_part(FileIndex{f})) return true;
  }
  return false;
}

Outcome PartialStorage::prepare() {
  if (!std::exchange(looked_, false)) {
    if (auto const sound = look(); !sound) return sound;
    looked_ = false;
  }
  // Again, for what was disowned since is to go there too.
  if (auto const sound = refuse_foreign_part(); !sound) return sound;
  if (auto const ready = files_->prepare(); !ready) return ready;
  prepared_ = true;
  if (auto const ready = open_part(); !ready) return ready;
  if (access_ == io::Access::kRead) return kOk;
  MutexLock const lock{mutex_};
  return bring_what_is_wanted();
}

bool PartialStorage::has_full_length(FileIndex file) const {
  return files_->found_size(file) == map().file(file).length;
}

bool PartialStorage::is_whole(FileIndex file) const {
  return has_full_length(file) && files_->is_ours(file);
}

bool PartialStorage::is_wanted(FileIndex file) const {
  return wanted_.empty() || wanted_[file.value];
}

Outcome PartialStorage::open_part() {
  MutexLock const lock{mutex_};
  int const root = files_->directory();
  auto const opened =
      root < 0 ? Status{kOk} : part_.open(root, part_file_name(map(), io::name_max(root)), access_);
  if (!opened) return part_failure("cannot open", opened.error());
  if (!prepared_) find_beliefs();
  find_absent();
  return kOk;
}

// The part file first: its marks say what of a piece is there when a kill comes in between, and a
// file that has none of it yet is blank there.  No file comes to be absent between the two rounds.
Outcome PartialStorage::write(std::uint64_t offset, std::span<iovec const> from) {
  if (whole()) return files_->write(offset, from);
  for (bool const to_part : {true, false}) {
    Gather gather{from};
    SliceWalk walk{map(), offset, Gather::size(from)};
    while (auto const slice = walk.next()) {
      if (absent(slice->file) != to_part) {
        gather.advance(slice->length);
        continue;
      }
      auto const written = to_part ? write_absent(*slice, gather)
                                   : files_->write(map().file_offset(slice->file) + slice->offset,
                                                   take(gather, slice->length));
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
  if (auto const gone = let_go(); !gone) return gone;
  auto const synced = part_.sync();
  return synced ? Outcome{kOk} : part_failure("cannot sync", synced.error());
}

std::vector<Disturbance> PartialStorage::disturbances(Watch watch) {
  auto found = files_->disturbances(watch);
  MutexLock const lock{mutex_};
  if (watch != Watch::kNames) return found;
  // A file that was finished before, and is not wanted now, is the user's to move away.
  std::size_t kept = 0;
  for (auto& disturbance : found) {
    if (!disturbance.everything && !is_used(disturbance.offset)) continue;
    if (&found[kept] != &disturbance) found[kept] = std::move(disturbance);
    ++kept;
  }
  found.erase(found.begin() + static_cast<std::ptrdiff_t>(kept), found.end());
  if (!part_.disturbed()) return found;
  found.push_back({.offset = 0,
                   .length = map().total_size(),
                   .why = {Errc::kNotFound, files_->directory_path() + part_.name() +
                                                ": gone, replaced or cut while in use"}});
  return found;
}

// The file that begins there is wanted, or a piece of a wanted one reaches into it.
bool PartialStorage::is_used(std::uint64_t offset) const {
  FileIndex const file = SliceWalk{map(), offset, 1}.next()->file;
  if (is_wanted(file) || (!chosen_.empty() && chosen_[file.value])) return true;
  return beside_wanted_[file.value] && !absent(file);
}

void PartialStorage::will_read(std::uint64_t offset, std::uint64_t length) {
  if (whole()) files_->will_read(offset, length);
}

bool PartialStorage::is_there(std::uint64_t offset, std::uint64_t length) {
  if (whole()) return files_->is_there(offset, length);
  SliceWalk walk{map(), offset, length};
  while (auto const slice = walk.next()) {
    bool const there =
        absent(slice->file)
            ? has_part(*slice)
            : files_->is_there(map().file_offset(slice->file) + slice->offset, slice->length);
    if (!there) return false;
  }
  return true;
}

bool PartialStorage::has_part(FileSlice const& slice) {
  MutexLock const lock{mutex_};
  if (!absent(slice.file) || stands_in_file(slice)) return true;
  auto const place = layout_.at(slice.file, slice.offset);
  return place && part_.has(*place);
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
    if (auto const written = part_.write(from, length, *place); !written) {
      return part_failure("cannot write", written.error());
    }
    if (has_full_length(slice.file)) doubled_.insert(slice.file);
    offset += length;
  }
  return kOk;
}

Outcome PartialStorage::read_absent(FileSlice const& slice, std::span<std::byte> into) {
  MutexLock const lock{mutex_};
  if (!absent(slice.file)) {
    return files_->read(map().file_offset(slice.file) + slice.offset, into);
  }
  for (std::uint64_t offset = slice.offset; !into.empty();) {
    auto const place = layout_.at(slice.file, offset);
    auto const bytes = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(
        place ? place->length : layout_.between(slice.file, offset), into.size())));
    if (auto const got = read_fragment({slice.file, offset, bytes.size()}, bytes); !got) return got;
    into = into.subspan(bytes.size());
    offset += bytes.size();
  }
  return kOk;
}

// What is in neither may still be right where it stands, whoever put it there.
// REQUIRES: all of it in one fragment, or in none.
Outcome PartialStorage::read_fragment(FileSlice const& slice, std::span<std::byte> into) {
  auto const place = layout_.at(slice.file, slice.offset);
  if (place && is_of_part(slice.file, layout_.fragment(place->number))) {
    auto const got = part_.read(into, place->in_part);
    return got ? Outcome{kOk} : part_failure("cannot read", got.error());
  }
  if (stands_in_file(slice)) {
    return files_->read(map().file_offset(slice.file) + slice.offset, into);
  }
  // Who only looks wants to know what is missing.
  bool const looking = access_ == io::Access::kRead || !prepared_;
  if (!place || looking) {
    return Failure{Errc::kNotFound, files_->path_of(slice.file) + ": not selected"};
  }
  std::ranges::fill(into, std::byte{0});
  return kOk;
}

Failure PartialStorage::barred_copy() const {
  return {Errc::kUnsafePath,
          files_->directory_path() + part_.copy_name() +
              ": is there already, and is not this torrent's; a copy of " + part_.name() +
              ", which has other names (hard links), would be made there; move it out of the way"};
}

Failure PartialStorage::part_failure(std::string_view what, Error error) const {
  if (error.code == Errc::kUnsafePath && error.sys_errno == EMLINK) return barred_copy();
  std::string const path = files_->directory_path() + part_.name();
  if (error.code == Errc::kUnsafePath) return {error.code, path + ": is not this torrent's"};
  return {error.code, error.sys_errno, std::string{what} + " " + path};
}

}  // namespace btfast::storage
