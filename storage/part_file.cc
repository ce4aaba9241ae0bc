#include "storage/part_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace btfast::storage {
namespace {

constexpr ::mode_t kPermissions = 0666;
constexpr std::uint64_t kReadBytes = 64 * 1024;

std::size_t bytes_of(Bitfield const& marks) { return (std::size_t{marks.size()} + 7) / 8; }

}  // namespace

std::uint64_t PartFile::marks_offset() const noexcept { return seal_.size(); }

std::uint64_t PartFile::place_of(std::uint64_t in_part) const noexcept {
  return part_ends_offset(marks_offset() + bytes_of(marks_)) + in_part;
}

Status PartFile::open(int root, std::string name, io::Access access) {
  root_ = root;
  name_ = std::move(name);
  fd_.reset();
  marks_ = Bitfield{layout_.fragment_count()};
  foreign_ = Foreign::kNo;
  unreadable_.reset();
  auto found = io::open_beneath(root, name_, access);
  if (found) {
    if (is_nobodys(found->get())) return kOk;  // write() takes its place
    if (is_sealed(found->get())) {
      fd_ = *std::move(found);
      return load_marks();
    }
    foreign_ = Foreign::kFile;
    return kOk;
  }
  if (found.error().code == Errc::kUnsafePath) foreign_ = Foreign::kOther;
  if (found.error().code == Errc::kPermission) {
    // Ours would be ours however it is protected.
    auto const to_read = io::open_beneath(root, name_, io::Access::kRead);
    if (!to_read) unreadable_ = to_read.error();
    if (!to_read || !is_sealed(to_read->get())) foreign_ = Foreign::kFile;
  }
  bool const none = found.error().code == Errc::kNotFound || foreign();
  return none ? Status{kOk} : Status{found.error()};
}

bool PartFile::is_sealed(int fd) const {
  std::vector<std::byte> there(seal_.size());
  return io::read_at(fd, there, 0) && there == seal_;
}

// Empty, or zeros: what a machine leaves that lost its power.  Nothing of ours is longer.
bool PartFile::is_nobodys(int fd) const {
  auto const now = io::info(fd);
  if (!now || now->size > place_of(layout_.total_size())) return false;
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(kReadBytes, now->size)));
  for (auto at = io::find_data(fd, 0, now->size); at < now->size;) {
    auto const bytes = std::span{buffer}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), now->size - at)));
    if (!io::read_at(fd, bytes, at)) return false;
    if (std::ranges::any_of(bytes, [](std::byte b) { return b != std::byte{0}; })) return false;
    at = io::find_data(fd, at + bytes.size(), now->size);
  }
  return true;
}

// What was cut off has no marks, and what lay behind it none that count.
Status PartFile::load_marks() {
  auto const now = io::info(fd_.get());
  if (!now) return now.error();
  size_known_ = now->size;
  std::vector<std::byte> bytes(bytes_of(marks_));
  auto const there = std::min<std::uint64_t>(now->size - marks_offset(), bytes.size());
  auto const got = io::read_at(fd_.get(), std::span{bytes}.first(there), marks_offset());
  if (!got) return got;
  if (auto marks = Bitfield::from_wire(bytes, marks_.size())) marks_ = *std::move(marks);
  drop_marks_of_nothing();
  return kOk;
}

void PartFile::drop_marks_of_nothing() {
  for (std::uint32_t number = 0; !marks_.none() && number < marks_.size(); ++number) {
    if (!marks_.test(number)) continue;
    auto const fragment = layout_.fragment(number);
    std::uint64_t const at = place_of(fragment.in_part);
    bool const cut_off = at >= size_known_;
    if (cut_off || io::is_hole(fd_.get(), at, fragment.length)) marks_.reset(number);
  }
}

Status PartFile::write(Gather& from, std::uint64_t length, Fragment const& to) {
  if (!fd_) {
    if (auto const made = make(); !made) return made;
  }
  if (auto const ready = begin_change(); !ready) return ready;
  auto const written = io::write_at(fd_.get(), from, length, place_of(to.in_part));
  if (!written) return written;
  size_known_ = std::max(size_known_, place_of(to.in_part) + length);
  if (has(to)) return kOk;
  marks_.set(to.number);
  auto const marked = write_mark(to.number);
  if (!marked) marks_.reset(to.number);
  return marked;
}

Status PartFile::forget(std::span<Fragment const> fragments) {
  auto const is_known = [this](Fragment const& fragment) { return has(fragment); };
  if (std::ranges::none_of(fragments, is_known)) return kOk;
  // Before the marks go: a copy has them too, and is what it was until they are written.
  Bitfield left = marks_;
  for (auto const& fragment : fragments) left.reset(fragment.number);
  if (auto const ready = left.none() ? Status{kOk} : begin_change(); !ready) return ready;
  marks_ = std::move(left);
  if (marks_.none()) return kOk;
  for (auto const& fragment : fragments) {
    if (auto const written = write_mark(fragment.number); !written) return written;
  }
  return kOk;
}

// Eight of them are a byte.
Status PartFile::write_mark(std::uint32_t number) {
  std::uint32_t const first = number / 8 * 8;
  unsigned bits = 0;
  for (std::uint32_t n = first; n < first + 8; ++n) {
    bits = bits << 1 | (n < marks_.size() && marks_.test(n) ? 1 : 0);
  }
  auto byte = static_cast<std::byte>(bits);
  std::uint64_t const offset = marks_offset() + number / 8;
  return io::write_all_at(fd_.get(), {&byte, 1}, offset);
}

Status PartFile::make() {
  if (foreign()) {
    if (!insisted_ || !replaceable()) return Error{Errc::kUnsafePath, EEXIST};
    if (auto const gone = io::unlink(root_, name_); !gone) return gone;
    foreign_ = Foreign::kNo;
  }
  if (auto const free = remove_nobodys(); !free) return free;
  auto made = make_sealed();
  if (!made) return made.error();
  fd_ = *std::move(made);
  size_known_ = marks_offset();
  return kOk;
}

// It has its name when it has its seal: a kill leaves no file without one.  Where the file
// system cannot do that, a kill between two calls leaves an empty one.
Expected<Fd> PartFile::make_sealed() const {
  if (auto unnamed = io::create_unnamed(root_, kPermissions)) {
    if (auto const sealed = write_seal(unnamed->get()); !sealed) return sealed.error();
    if (io::name_beneath(unnamed->get(), root_, name_)) return unnamed;
  }
  auto made = io::create_new_beneath(root_, name_, kPermissions);
  if (!made) return made;
  auto const sealed = write_seal(made->get());
  if (sealed) return made;
  (void)io::unlink(root_, name_);
  return sealed.error();
}

// Removed, and not written to: it may have other names.
Status PartFile::remove_nobodys() const {
  auto const fd = io::open_beneath(root_, name_, io::Access::kRead);
  if (!fd && fd.error().code == Errc::kNotFound) return kOk;
  if (!fd) return fd.error();
  if (!is_nobodys(fd->get())) return Error{Errc::kUnsafePath, EEXIST};
  return io::unlink(root_, name_);
}

// Synced: after a power failure a name without a seal would not be known to be ours.
Status PartFile::write_seal(int fd) const {
  auto const written = io::write_all_at(fd, seal_, 0);
  return written ? io::sync(fd) : written;
}

Status PartFile::read(std::span<std::byte> into, std::uint64_t offset) const {
  auto const zeros = [](std::span<std::byte> bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
  };
  if (!fd_) {
    zeros(into);
    return kOk;
  }
  auto const now = io::info(fd_.get());
  if (!now) return now.error();
  std::uint64_t const at = place_of(offset);
  std::uint64_t const there = now->size > at ? now->size - at : 0;
  auto const readable = static_cast<std::size_t>(std::min<std::uint64_t>(there, into.size()));
  zeros(into.subspan(readable));
  return io::read_at(fd_.get(), into.first(readable), at);
}

Status PartFile::sync() {
  if (!fd_ || !unsynced_) return kOk;
  auto const synced = io::sync(fd_.get());
  if (!synced) {
    // Nor may the next start find in the cache what the disk never got.
    io::drop_cached(fd_.get());
    return synced;
  }
  unsynced_ = false;
  return io::sync(root_);
}

bool PartFile::disturbed() const {
  if (!fd_) return false;
  auto const named = io::info_beneath(root_, name_);
  return !is_ours(named) || named->size < size_known_;
}

bool PartFile::is_ours(Expected<io::FileInfo> const& named) const {
  auto const held = io::info(fd_.get());
  return held && named && named->same_file(*held);
}

Status PartFile::remove() {
  if (!fd_) return kOk;
  bool const ours = is_ours(io::info_beneath(root_, name_));
  fd_.reset();
  marks_ = Bitfield{layout_.fragment_count()};
  if (!ours) return kOk;
  if (copy_place() == CopyPlace::kOurs) (void)io::unlink(root_, copy_name());
  return io::unlink(root_, name_);
}

}  // namespace btfast::storage
