#include "storage/part_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace btfast::storage {
namespace {

constexpr ::mode_t kPermissions = 0666;

}  // namespace

Status PartFile::open(int root, std::string name, io::Access access) {
  root_ = root;
  name_ = std::move(name);
  fd_.reset();
  foreign_ = Foreign::kNo;
  auto found = io::open_beneath(root, name_, access);
  if (found) {
    if (is_sealed(found->get())) {
      fd_ = *std::move(found);
    } else {
      foreign_ = Foreign::kFile;
    }
    return kOk;
  }
  if (found.error().code == Errc::kUnsafePath) foreign_ = Foreign::kOther;
  if (found.error().code == Errc::kPermission) {
    // Ours would be ours however it is protected.
    auto const to_read = io::open_beneath(root, name_, io::Access::kRead);
    if (!to_read || !is_sealed(to_read->get())) foreign_ = Foreign::kFile;
  }
  bool const none = found.error().code == Errc::kNotFound || foreign();
  return none ? Status{kOk} : Status{found.error()};
}

bool PartFile::is_sealed(int fd) const {
  std::uint64_t const offset = part_seal_offset(size_);
  auto const now = io::info(fd);
  if (!now || now->size != offset + seal_.size()) return false;
  std::vector<std::byte> there(seal_.size());
  return io::read_at(fd, there, offset) && there == seal_;
}

Status PartFile::write(Gather& from, std::uint64_t length, std::uint64_t offset) {
  if (!fd_) {
    if (auto const made = make(); !made) return made;
  }
  unsynced_ = true;
  return io::write_at(fd_.get(), from, length, offset);
}

// It has its name when it has its seal: a kill leaves no file without one.  Where the file
// system cannot do that, a kill between two calls leaves an empty one, which is refused then.
Status PartFile::make() {
  if (foreign()) {
    if (!insisted_ || !replaceable()) return Error{Errc::kUnsafePath, EEXIST};
    if (auto const gone = io::unlink(root_, name_); !gone) return gone;
    foreign_ = Foreign::kNo;
  }
  auto made = io::create_unnamed(root_, kPermissions);
  Status named = made ? Status{kOk} : Status{made.error()};
  if (made) {
    if (auto const sealed = write_seal(made->get()); !sealed) return sealed;
    named = io::name_beneath(made->get(), root_, name_);
  }
  if (!named && named.error().code != Errc::kUnsafePath) {
    made = io::create_new_beneath(root_, name_, kPermissions);
    if (!made) return made.error();
    named = write_seal(made->get());
    if (!named) (void)io::unlink(root_, name_);
  }
  if (!named) return named;
  fd_ = *std::move(made);
  return kOk;
}

// Synced: after a power failure a name without a seal would not be known to be ours.  What was
// not written before the seal reads as zeros.
Status PartFile::write_seal(int fd) const {
  auto bytes = seal_;
  iovec const buffer{bytes.data(), bytes.size()};
  Gather from{{&buffer, 1}};
  auto const written = io::write_at(fd, from, bytes.size(), part_seal_offset(size_));
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
  std::uint64_t const there = now->size > offset ? now->size - offset : 0;
  auto const readable = static_cast<std::size_t>(std::min<std::uint64_t>(there, into.size()));
  zeros(into.subspan(readable));
  return io::read_at(fd_.get(), into.first(readable), offset);
}

bool PartFile::is_hole(std::uint64_t offset, std::uint64_t length) const {
  if (!fd_) return true;
  auto const now = io::info(fd_.get());
  if (!now) return false;
  return now->size <= offset || io::is_hole(fd_.get(), offset, length);
}

Status PartFile::sync() {
  if (!fd_ || !unsynced_) return kOk;
  auto const synced = io::sync(fd_.get());
  if (!synced) return synced;
  unsynced_ = false;
  return io::sync(root_);
}

bool PartFile::disturbed() const {
  if (!fd_) return false;
  auto const named = io::info_beneath(root_, name_);
  return !is_ours(named) || named->size < part_seal_offset(size_) + seal_.size();
}

bool PartFile::is_ours(Expected<io::FileInfo> const& named) const {
  auto const held = io::info(fd_.get());
  return held && named && named->same_file(*held);
}

Status PartFile::remove() {
  if (!fd_) return kOk;
  bool const ours = is_ours(io::info_beneath(root_, name_));
  fd_.reset();
  return ours ? io::unlink(root_, name_) : Status{kOk};
}

}  // namespace btfast::storage
