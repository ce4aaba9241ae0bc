// TimerWheel and Timer: thousands of coarse time-outs at no cost while they wait.
// Resolution is 1 ms; a timer never fires early.
//
// Threads:   the owner of the wheel.
// Ownership: a Timer belongs to its object and disarms itself when destroyed, which
//            its own callback may do; the wheel must outlive it while it is armed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "engine/base/clock.h"

namespace btfast::net {

class TimerWheel;

// A link of one of the wheel's intrusive rings.
struct TimerLink {
  TimerLink* next = nullptr;  // null when in no ring
  TimerLink* prev = nullptr;
};

class Timer : private TimerLink {
 public:
  Timer(TimerWheel& wheel, std::function<void()> on_fire);
  ~Timer();
  Timer(Timer const&) = delete;
  Timer& operator=(Timer const&) = delete;

  // Fires once, `delay` from the wheel's now; arming again replaces it.
  void arm(Duration delay);
  void arm_at(TimePoint when);
  void disarm() noexcept;
  bool armed() const noexcept { return next != nullptr; }

 private:
  friend class TimerWheel;
  TimerWheel& wheel_;
  std::uint64_t due_tick_ = 0;
  std::uint16_t slot_ = 0;  // where in the wheel it is linked
  bool firing_ = false;     // its callback is running
  std::function<void()> on_fire_;
};

class TimerWheel {
 public:
  explicit TimerWheel(TimePoint now);
  ~TimerWheel();
  TimerWheel(TimerWheel const&) = delete;
  TimerWheel& operator=(TimerWheel const&) = delete;

  // Moves now() on and fires nothing: what is due waits for advance().
  void observe(TimePoint now) noexcept;
  // Moves time on and fires what is due, in order of due time (to the tick); returns how
  // many fired.  A callback may arm, disarm and destroy any timer, its own too; what it
  // arms fires in the next advance() at the earliest.
  std::size_t advance(TimePoint now);
  TimePoint now() const noexcept { return now_; }
  // From now() until advance() next has work: never after the earliest timer, and at most
  // a few times before it, when far timers must move closer.  Zero when one is due,
  // negative when none is armed.
  Duration until_next() const noexcept;
  std::size_t armed_count() const noexcept { return armed_count_; }

 private:
  friend class Timer;
  struct Levels;

  void link(Timer& timer, TimePoint when);
  void unlink(Timer& timer) noexcept;
  void fire(Timer& timer);
  std::uint64_t due_tick(TimePoint when) const noexcept;
  std::uint64_t now_tick() const noexcept;

  std::unique_ptr<Levels> levels_;
  TimePoint const origin_;
  TimePoint now_;
  std::size_t armed_count_ = 0;
};

}  // namespace btfast::net
