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
  foreign_ = false;
  auto found = io::open_beneath(root, name_, access);
  if (found) {
    // Made by us it has its size at once; a killed process may have left it empty.
    auto const now = io::info(found->get());
    if (!now) return now.error();
    foreign_ = now->size != size_ && now->size != 0;
    if (!foreign_) fd_ = *std::move(found);
    return kOk;
  }
  foreign_ = found.error().code == Errc::kUnsafePath;
  if (foreign_) return kOk;
  return found.error().code == Errc::kNotFound ? Status{kOk} : Status{found.error()};
}

Status PartFile::write(Gather& from, std::uint64_t length, std::uint64_t offset) {
  if (foreign_) return Error{Errc::kUnsafePath, EEXIST};
  if (!fd_) {
    auto made = io::create_new_beneath(root_, name_, kPermissions);
    if (!made) return made.error();
    // The whole size at once, so that what was not written reads as zeros.
    if (auto const sized = io::truncate(made->get(), size_); !sized) return sized;
    fd_ = *std::move(made);
  }
  unsynced_ = true;
  return io::write_at(fd_.get(), from, length, offset);
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

Status PartFile::remove() {
  if (!fd_) return kOk;
  fd_.reset();
  return io::unlink(root_, name_);
}

}  // namespace btfast::storage
