// Gather: a cursor over a list of buffers, handed out again piecewise as iovecs for
// pwritev.  A piece that spans files is written file by file from one Gather, without
// copying its list.
//
// Threads:   one owner.
// Ownership: the list and its bytes stay the caller's.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace btfast::storage {

class Gather {
 public:
  explicit Gather(std::span<iovec const> buffers) noexcept : rest_(buffers) {}

  // The next bytes, `bytes_max` at most, as entries of `out`; returns how many entries.
  std::size_t peek(std::span<iovec> out, std::uint64_t bytes_max) const noexcept;
  void advance(std::uint64_t bytes) noexcept;

  static std::uint64_t size(std::span<iovec const> buffers) noexcept;

 private:
  std::span<iovec const> rest_;
  std::size_t used_ = 0;  // bytes of rest_.front() that are behind us
};

}  // namespace btfast::storage
