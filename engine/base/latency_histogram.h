// LatencyHistogram: how long things took, counted by powers of two of a microsecond.
//
// Plain data.
// Bound: kBuckets; what takes longer than 18 minutes counts in the last.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "engine/base/clock.h"

namespace btfast {

struct LatencyHistogram {
  static constexpr std::size_t kBuckets = 31;

  std::array<std::uint64_t, kBuckets> counts{};

  static std::size_t bucket_of(Duration latency) noexcept {
    auto const us = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
    auto const width = std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0)));
    return std::min(static_cast<std::size_t>(width), kBuckets - 1);
  }
  // Whatever counts in the bucket took less, but for the last.
  static std::uint64_t below_us(std::size_t bucket) noexcept { return std::uint64_t{1} << bucket; }

  std::uint64_t total() const noexcept {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  }
  // That share of all took less; 0 of nothing.
  std::uint64_t quantile_us(double share) const noexcept {
    auto const needed = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total())));
    std::uint64_t so_far = 0;
    for (std::size_t b = 0; needed > 0 && b < kBuckets; ++b) {
      so_far += counts[b];
      if (so_far >= needed) return below_us(b);
    }
    return 0;
  }
};

}  // namespace btfast
