// Clock: the seam through which the engine sees time.  Monotonic; timers never
// look at the wall clock.
//
// Threads: now() is safe from any thread.
#pragma once

#include <chrono>

namespace btfast {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept = 0;
};

class SteadyClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }
};

// Moved by hand: tests and the simulator.  One thread at a time.
class ManualClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return now_; }
  void advance(Duration by) noexcept { now_ += by; }
  void advance_to(TimePoint to) noexcept {
    if (to > now_) now_ = to;
  }

 private:
  TimePoint now_{std::chrono::hours{1}};
};

}  // namespace btfast
