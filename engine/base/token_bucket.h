// TokenBucket: a rate in bytes a second that any number of threads share; TokenSlice: what
// one of them has taken of it.  Threads do not share what they spend one by one: they take
// slices, and each takes half of what is there, so that one that comes often leaves some.
//
// Threads:   TokenBucket any; a TokenSlice is one thread's, and outlived by its bucket.
// Invariant: over any time what is taken is at most rate x time + kBurst of rate; what is
//            not taken for longer than kBurst is lost.
// Ordering:  relaxed: a figure that orders nothing.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/base/clock.h"

namespace btfast {

class TokenBucket {
 public:
  static constexpr std::chrono::milliseconds kBurst{200};
  static constexpr std::uint64_t kRateMax = 10'000'000'000;  // more is taken for this

  // Empty at `start`.  REQUIRES: a rate above 0.
  TokenBucket(std::uint64_t bytes_per_s, TimePoint start) noexcept;

  // Half of what is there, or all when that is less than a block.
  std::uint64_t take(TimePoint now) noexcept;
  void give_back(std::uint64_t bytes) noexcept;
  // How long one block takes.
  Duration block_time() const noexcept;

 private:
  std::int64_t earned(TimePoint now) const noexcept;

  // Immutable after construction.
  std::uint64_t const rate_;
  std::int64_t const burst_;
  TimePoint const start_;
  // Atomic: of all that was earned since the start.
  std::atomic<std::int64_t> spent_{0};
};

class TokenSlice {
 public:
  explicit TokenSlice(TokenBucket& bucket) noexcept : bucket_(bucket) {}
  ~TokenSlice();
  TokenSlice(TokenSlice const&) = delete;
  TokenSlice& operator=(TokenSlice const&) = delete;

  // Takes from the bucket when this slice is used up.
  void refill(TimePoint now) noexcept;
  // Below 0: owed to the bucket, for what is moved whole.
  std::int64_t left() const noexcept { return left_; }
  void spend(std::uint64_t bytes) noexcept { left_ -= static_cast<std::int64_t>(bytes); }
  void give_back(std::uint64_t bytes) noexcept { left_ += static_cast<std::int64_t>(bytes); }

 private:
  TokenBucket& bucket_;
  std::int64_t left_ = 0;
};

// The limits of a session; null: none.
struct RateLimits {
  TokenBucket* down = nullptr;
  TokenBucket* up = nullptr;
};

}  // namespace btfast
