// WriteBackPace: after how many bytes the kernel is asked to begin writing them to the disk.  By
// itself it begins late: at a tenth of the memory, or after half a minute.  Then it writes while
// a checkpoint waits for it, and the disk was idle before.  perf/README.md (W11) has the figures.
//
// Threads:  any.
// Ordering: relaxed: a count of bytes, and no data goes with it.
#pragma once

#include <atomic>
#include <cstdint>

namespace btfast::storage {

class WriteBackPace {
 public:
  // `every` bytes, at least 1.
  explicit WriteBackPace(std::uint64_t every) noexcept : every_(every) {}

  // So many bytes were written.  True for one caller of those that reach the next `every`.
  bool is_due(std::uint64_t bytes) noexcept {
    std::uint64_t const before = written_.fetch_add(bytes, std::memory_order_relaxed);
    return before / every_ != (before + bytes) / every_;
  }

 private:
  std::uint64_t const every_;
  std::atomic<std::uint64_t> written_{0};
};

}  // namespace btfast::storage
