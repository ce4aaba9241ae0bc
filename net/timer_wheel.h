// TimerWheel and Timer: thousands of coarse time-outs at no cost while they wait.
// Resolution is 1 ms; a timer never fires early.
//
// Threads:   the owner of the wheel.
// Ownership: a Timer belongs to its object and disarms itself when destroyed; the
//            wheel must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/base/clock.h"

namespace btfast::net {

class TimerWheel;

class Timer {
 public:
  Timer(TimerWheel& wheel, std::function<void()> on_fire);
  ~Timer();
  Timer(Timer const&) = delete;
  Timer& operator=(Timer const&) = delete;

  // Fires once, `delay` from the wheel's now; arming again replaces it.
  void arm(Duration delay);
  void arm_at(TimePoint when);
  void disarm() noexcept;
  bool armed() const noexcept { return next_ != nullptr; }

 private:
  friend class TimerWheel;
  Timer* next_ = nullptr;  // the wheel's intrusive ring; null when disarmed
  Timer* prev_ = nullptr;
  TimerWheel& wheel_;
  TimePoint when_{};
  std::function<void()> on_fire_;
};

class TimerWheel {
 public:
  explicit TimerWheel(TimePoint now);
  ~TimerWheel();
  TimerWheel(TimerWheel const&) = delete;
  TimerWheel& operator=(TimerWheel const&) = delete;

  // Moves time on and fires what is due, in order of due time (to the tick).
  // A callback may arm and disarm any timer, its own too.
  void advance(TimePoint now);
  TimePoint now() const noexcept { return now_; }
  // From now() to the earliest armed timer; zero when one is due, negative when none is.
  Duration until_next() const noexcept;
  std::size_t armed_count() const noexcept { return armed_count_; }

 private:
  friend class Timer;
  struct Levels;
  std::unique_ptr<Levels> levels_;
  TimePoint now_;
  std::size_t armed_count_ = 0;
};

}  // namespace btfast::net
