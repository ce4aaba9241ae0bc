// AttendedTime: a clock for how long a peer may be idle.  It goes on by one tick at each tick of
// its thread, so it stands still while the thread itself is late: a machine so busy that we do
// not run is no silence of a peer's, and its peers mostly run there, too.
//
// Threads: plain data of one net thread.
#pragma once

#include <algorithm>

#include "engine/base/clock.h"

namespace btfast {

class AttendedTime {
 public:
  explicit AttendedTime(Duration tick) noexcept : tick_(tick) {}

  void start(TimePoint now) noexcept { time_ = last_ = now; }
  void on_tick(TimePoint now) noexcept {
    time_ += std::min(now - last_, tick_);
    last_ = now;
  }
  TimePoint now() const noexcept { return time_; }

 private:
  Duration const tick_;
  TimePoint time_{};
  TimePoint last_{};
};

}  // namespace btfast
