// CoarseTime: an instant in milliseconds that fits an atomic word, for what threads tell
// each other of a piece.  Only differences mean something; they hold for three weeks.
//
// Threads: plain values.
#pragma once

#include <chrono>
#include <cstdint>

#include "engine/base/clock.h"

namespace btfast {

struct CoarseTime {
  std::uint32_t ms = 0;

  CoarseTime() = default;
  explicit CoarseTime(TimePoint at) noexcept
      : ms(static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count())) {
  }

  // Negative when `earlier` is the later one.
  std::int32_t ms_since(CoarseTime earlier) const noexcept {
    return static_cast<std::int32_t>(ms - earlier.ms);
  }
};

}  // namespace btfast
