#include "storage/gather.h"

#include <algorithm>

#include "engine/base/check.h"

namespace btfast::storage {

std::size_t Gather::peek(std::span<iovec> out, std::uint64_t bytes_max) const noexcept {
  std::size_t entries = 0;
  std::size_t skip = used_;
  for (auto const& buffer : rest_) {
    if (entries == out.size() || bytes_max == 0) break;
    auto const take =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.iov_len - skip, bytes_max));
    if (take > 0) out[entries++] = {static_cast<std::byte*>(buffer.iov_base) + skip, take};
    bytes_max -= take;
    skip = 0;
  }
  return entries;
}

void Gather::advance(std::uint64_t bytes) noexcept {
  while (bytes > 0) {
    BTF_DCHECK(!rest_.empty());
    std::uint64_t const left = rest_.front().iov_len - used_;
    if (bytes < left) {
      used_ += static_cast<std::size_t>(bytes);
      return;
    }
    bytes -= left;
    used_ = 0;
    rest_ = rest_.subspan(1);
  }
}

std::uint64_t Gather::size(std::span<iovec const> buffers) noexcept {
  std::uint64_t sum = 0;
  for (auto const& buffer : buffers) sum += buffer.iov_len;
  return sum;
}

}  // namespace btfast::storage
