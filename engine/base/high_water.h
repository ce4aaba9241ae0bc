// HighWater: the most there ever was of something that grows and shrinks.
//
// Threads:  any.
// Ordering: relaxed: a figure for people.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace btfast {

class HighWater {
 public:
  // There are `now` of it.  Once the mark stands, a load and a comparison.
  void note(std::uint64_t now) noexcept {
    std::uint64_t most = most_.load(std::memory_order_relaxed);
    while (now > most && !most_.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
    }
  }
  std::uint64_t get() const noexcept { return most_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> most_{0};
};

// One moment of a queue.
struct QueueDepth {
  std::uint64_t now = 0;
  std::uint64_t most = 0;   // ever; at least `now`
  std::uint64_t bound = 0;  // 0: none of its own

  // Who is between counting and noting would show more than ever was.
  static QueueDepth of(std::uint64_t now, HighWater const& most, std::uint64_t bound) noexcept {
    return {now, std::max(now, most.get()), bound};
  }
};

}  // namespace btfast
