#include "engine/base/token_bucket.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/limits.h"

namespace btfast {
namespace {

constexpr std::uint64_t kNsPerS = 1'000'000'000;
// So that a rate of a few bytes moves blocks at all.
constexpr std::int64_t kBurstMin = 2 * limits::kBlockSize;

std::int64_t burst_of(std::uint64_t rate) noexcept {
  auto const burst = static_cast<std::int64_t>(
      rate * static_cast<std::uint64_t>(TokenBucket::kBurst.count()) / 1000);
  return std::max(burst, kBurstMin);
}

}  // namespace

TokenBucket::TokenBucket(std::uint64_t bytes_per_s, TimePoint start) noexcept
    : rate_(std::min(bytes_per_s, kRateMax)), burst_(burst_of(rate_)), start_(start) {
  BTF_CHECK(rate_ > 0);
}

// Whole seconds and the rest apart: neither product overflows, and nothing is rounded away
// for good.
std::int64_t TokenBucket::earned(TimePoint now) const noexcept {
  Duration const time = std::max(Duration{now - start_}, Duration::zero());
  auto const ns = static_cast<std::uint64_t>(std::chrono::nanoseconds{time}.count());
  static_assert(kRateMax < UINT64_MAX / kNsPerS);
  return static_cast<std::int64_t>(ns / kNsPerS * rate_ + ns % kNsPerS * rate_ / kNsPerS);
}

std::uint64_t TokenBucket::take(TimePoint now) noexcept {
  std::int64_t const all = earned(now);
  std::int64_t spent = spent_.load(std::memory_order_relaxed);
  for (;;) {
    std::int64_t const used = std::max(spent, all - burst_);
    std::int64_t const there = all - used;
    if (there <= 0) return 0;
    std::int64_t const got = std::max(there / 2, std::min<std::int64_t>(there, limits::kBlockSize));
    if (spent_.compare_exchange_weak(spent, used + got, std::memory_order_relaxed)) {
      return static_cast<std::uint64_t>(got);
    }
  }
}

void TokenBucket::give_back(std::uint64_t bytes) noexcept {
  spent_.fetch_sub(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
}

Duration TokenBucket::block_time() const noexcept {
  return std::chrono::nanoseconds{limits::kBlockSize * kNsPerS / rate_};
}

TokenSlice::~TokenSlice() {
  if (left_ > 0) bucket_.give_back(static_cast<std::uint64_t>(left_));
}

void TokenSlice::refill(TimePoint now) noexcept {
  if (left_ <= 0) left_ += static_cast<std::int64_t>(bucket_.take(now));
}

}  // namespace btfast
