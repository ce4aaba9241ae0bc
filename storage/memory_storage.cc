#include "storage/memory_storage.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "storage/gather.h"

namespace btfast::storage {

void MemoryStorage::Faults::set(std::uint64_t from, std::uint64_t many, int error) noexcept {
  count.store(many);
  sys_errno.store(error);
  first.store(from);
}

int MemoryStorage::Faults::next() noexcept {
  std::uint64_t const call = calls.fetch_add(1) + 1;
  std::uint64_t const from = first.load();
  return call >= from && call - from < count.load() ? sys_errno.load() : 0;
}

MemoryStorage::MemoryStorage(FileMap map)
    : map_(std::move(map)),
      bytes_(static_cast<std::size_t>(map_.total_size())),
      present_(std::make_unique<std::atomic<bool>[]>(map_.files().size())) {}

Outcome MemoryStorage::prepare() {
  for (std::size_t f = 0; f < map_.files().size(); ++f) present_[f].store(true);
  return kOk;
}

Outcome MemoryStorage::write(std::uint64_t offset, std::span<iovec const> from) {
  std::uint64_t const length = Gather::size(from);
  BTF_CHECK(offset <= bytes_.size() && length <= bytes_.size() - offset);
  if (length == 0) return kOk;
  FileIndex const first = map_.file_at(offset);
  if (int const error = writes_.next(); error != 0) return failure("cannot write", first, error);
  blank_.store(false, std::memory_order_relaxed);
  Gather gather{from};
  SliceWalk walk{map_, offset, length};
  std::array<iovec, 16> buffers;
  while (auto const slice = walk.next()) {
    std::byte* to = bytes_.data() + map_.file_offset(slice->file) + slice->offset;
    for (std::uint64_t left = slice->length; left > 0;) {
      std::size_t const entries = gather.peek(buffers, left);
      for (auto const& buffer : std::span{buffers}.first(entries)) {
        if (!map_.file(slice->file).pad) std::memcpy(to, buffer.iov_base, buffer.iov_len);
        to += buffer.iov_len;
        left -= buffer.iov_len;
        gather.advance(buffer.iov_len);
      }
    }
  }
  return kOk;
}

Outcome MemoryStorage::read(std::uint64_t offset, std::span<std::byte> into) {
  BTF_CHECK(offset <= bytes_.size() && into.size() <= bytes_.size() - offset);
  if (into.empty()) return kOk;
  if (int const error = reads_.next(); error != 0) {
    return failure("cannot read", map_.file_at(offset), error);
  }
  SliceWalk walk{map_, offset, into.size()};
  while (auto const slice = walk.next()) {
    bool const there = map_.file(slice->file).pad || present_[slice->file.value].load();
    if (!there) return failure("cannot read", slice->file, ENOENT);
  }
  std::memcpy(into.data(), bytes_.data() + offset, into.size());
  return kOk;
}

Outcome MemoryStorage::try_read(std::uint64_t offset, std::span<std::byte> into) {
  if (cold_.load()) return Failure{Errc::kWouldBlock, {}};
  return read(offset, into);
}

Outcome MemoryStorage::sync() { return kOk; }

bool MemoryStorage::is_there(std::uint64_t /*offset*/, std::uint64_t /*length*/) {
  return !blank_.load(std::memory_order_relaxed);
}

std::vector<Disturbance> MemoryStorage::disturbances(Watch /*watch*/) {
  return std::exchange(disturbed_, {});
}

void MemoryStorage::fail_writes(std::uint64_t first, std::uint64_t count, int error) noexcept {
  writes_.set(first, count, error);
}
void MemoryStorage::fail_reads(std::uint64_t first, std::uint64_t count, int error) noexcept {
  reads_.set(first, count, error);
}

void MemoryStorage::fill(std::uint64_t offset, std::span<std::byte const> from) {
  BTF_CHECK(offset <= bytes_.size() && from.size() <= bytes_.size() - offset);
  blank_.store(false, std::memory_order_relaxed);
  std::copy(from.begin(), from.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
}

Failure MemoryStorage::failure(char const* what, FileIndex file, int sys_errno) const {
  return Failure{errc_from_file_errno(sys_errno), sys_errno,
                 std::string{what} + " " + map_.file(file).path};
}

}  // namespace btfast::storage
