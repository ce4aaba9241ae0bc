#include "net/timer_wheel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "engine/base/check.h"

namespace btfast::net {
namespace {

// Ticks are written in base 64.  A timer waits on the level of the highest digit in which
// its due tick differs from the wheel's, in the slot of that digit.  So everything on a
// level is due before anything on the levels above, and the earliest slot is the lowest
// set bit of the lowest level that has one: no scan, however far time jumps.
constexpr unsigned kDigitBits = 6;
constexpr std::size_t kSlotsPerLevel = 1u << kDigitBits;
constexpr std::size_t kLevels = 8;  // 48 bits of milliseconds; 63 bits of nanoseconds need 44
constexpr Duration kTick = std::chrono::milliseconds{1};
constexpr TimePoint kFarthest = TimePoint::max() - kTick;  // can be rounded up to a tick

// Timers that a callback armed for now or earlier; in no slot until advance() ends.
constexpr std::uint16_t kLateRing = kLevels * kSlotsPerLevel;

std::size_t digit(std::uint64_t tick, std::size_t level) noexcept {
  return static_cast<std::size_t>(tick >> (kDigitBits * level)) % kSlotsPerLevel;
}

std::uint16_t slot_of(std::uint64_t due_tick, std::uint64_t wheel_tick) noexcept {
  std::uint64_t const differs = due_tick ^ wheel_tick;
  std::size_t const level =
      differs == 0 ? 0 : (static_cast<std::size_t>(std::bit_width(differs)) - 1) / kDigitBits;
  BTF_DCHECK(level < kLevels);
  return static_cast<std::uint16_t>(level * kSlotsPerLevel + digit(due_tick, level));
}

void make_empty(TimerLink& ring) noexcept { ring.next = ring.prev = &ring; }
bool is_empty(TimerLink const& ring) noexcept { return ring.next == &ring; }

}  // namespace

struct TimerWheel::Levels {
  struct Slot {
    std::uint16_t index = 0;
    std::uint64_t first_tick = 0;  // of the ticks it covers
  };

  Levels() {
    for (TimerLink& ring : rings) make_empty(ring);
  }

  void push(Timer& timer, std::uint16_t slot) noexcept {
    TimerLink& ring = rings[slot];
    TimerLink& node = timer;
    node.next = &ring;
    node.prev = ring.prev;
    ring.prev->next = &node;
    ring.prev = &node;
    timer.slot_ = slot;
    if (slot < kLateRing) {
      occupied[slot / kSlotsPerLevel] |= std::uint64_t{1} << slot % kSlotsPerLevel;
    }
  }

  void remove(Timer& timer) noexcept {
    TimerLink& node = timer;
    node.prev->next = node.next;
    node.next->prev = node.prev;
    node.next = node.prev = nullptr;
    if (timer.slot_ < kLateRing && is_empty(rings[timer.slot_])) {
      occupied[timer.slot_ / kSlotsPerLevel] &= ~(std::uint64_t{1} << timer.slot_ % kSlotsPerLevel);
    }
  }

  // REQUIRES: the ring is not empty.
  Timer& front(std::uint16_t slot) noexcept { return *static_cast<Timer*>(rings[slot].next); }

  void move(Timer& timer, std::uint16_t slot) noexcept {
    remove(timer);
    push(timer, slot);
  }

  std::optional<Slot> earliest() const noexcept {
    std::size_t level = 0;
    while (level < kLevels && occupied[level] == 0) ++level;
    if (level == kLevels) return std::nullopt;
    auto const index = static_cast<std::uint64_t>(std::countr_zero(occupied[level]));
    std::uint64_t const above = tick >> (kDigitBits * (level + 1)) << (kDigitBits * (level + 1));
    return Slot{static_cast<std::uint16_t>(level * kSlotsPerLevel + index),
                above | index << (kDigitBits * level)};
  }

  std::uint64_t tick = 0;  // everything due before it has fired
  bool advancing = false;
  Timer* firing = nullptr;                        // null again when its callback destroyed it
  std::array<std::uint64_t, kLevels> occupied{};  // one bit a slot
  std::array<TimerLink, kLevels * kSlotsPerLevel + 1> rings;
};

Timer::Timer(TimerWheel& wheel, std::function<void()> on_fire)
    : wheel_(wheel), on_fire_(std::move(on_fire)) {}

Timer::~Timer() {
  disarm();
  if (firing_) wheel_.levels_->firing = nullptr;
}

void Timer::arm(Duration delay) {
  arm_at(wheel_.now() + std::min(delay, kFarthest - wheel_.now()));
}

void Timer::arm_at(TimePoint when) {
  disarm();
  wheel_.link(*this, std::min(when, kFarthest));
}

void Timer::disarm() noexcept {
  if (armed()) wheel_.unlink(*this);
}

TimerWheel::TimerWheel(TimePoint now)
    : levels_(std::make_unique<Levels>()), origin_(now), now_(now) {}

TimerWheel::~TimerWheel() {
  // Timers that were left armed outlive us as disarmed ones.
  for (TimerLink& ring : levels_->rings) {
    while (!is_empty(ring)) levels_->remove(*static_cast<Timer*>(ring.next));
  }
}

std::uint64_t TimerWheel::due_tick(TimePoint when) const noexcept {
  if (when <= origin_) return 0;
  Duration const since = when - origin_;
  return static_cast<std::uint64_t>(since / kTick) + (since % kTick > Duration::zero() ? 1 : 0);
}

std::uint64_t TimerWheel::now_tick() const noexcept {
  return static_cast<std::uint64_t>((now_ - origin_) / kTick);
}

void TimerWheel::link(Timer& timer, TimePoint when) {
  timer.due_tick_ = std::max(due_tick(when), levels_->tick);
  // Kept apart, or a callback that arms itself with no delay would never let us return.
  bool const late = levels_->advancing && timer.due_tick_ <= now_tick();
  levels_->push(timer, late ? kLateRing : slot_of(timer.due_tick_, levels_->tick));
  ++armed_count_;
}

void TimerWheel::unlink(Timer& timer) noexcept {
  levels_->remove(timer);
  --armed_count_;
}

void TimerWheel::observe(TimePoint now) noexcept { now_ = std::max(now_, now); }

std::size_t TimerWheel::advance(TimePoint now) {
  observe(now);
  Levels& levels = *levels_;
  std::uint64_t const target = now_tick();
  std::size_t fired = 0;
  levels.advancing = true;
  for (auto slot = levels.earliest(); slot && slot->first_tick <= target;
       slot = levels.earliest()) {
    levels.tick = slot->first_tick;
    // Callbacks and moves never link into this slot: its digit is now the wheel's own.
    while (!is_empty(levels.rings[slot->index])) {
      Timer& timer = levels.front(slot->index);
      if (timer.due_tick_ == levels.tick) {
        fire(timer);
        ++fired;
      } else {
        levels.move(timer, slot_of(timer.due_tick_, levels.tick));
      }
    }
  }
  levels.tick = target;
  levels.advancing = false;
  while (!is_empty(levels.rings[kLateRing])) {
    Timer& timer = levels.front(kLateRing);
    timer.due_tick_ = target;
    levels.move(timer, slot_of(target, target));
  }
  return fired;
}

void TimerWheel::fire(Timer& timer) {
  unlink(timer);
  // Runs from here, for it may destroy its timer.
  auto on_fire = std::move(timer.on_fire_);
  levels_->firing = &timer;
  timer.firing_ = true;
  on_fire();
  if (levels_->firing != nullptr) {
    timer.firing_ = false;
    timer.on_fire_ = std::move(on_fire);
  }
  levels_->firing = nullptr;
}

Duration TimerWheel::until_next() const noexcept {
  auto const slot = levels_->earliest();
  if (!slot) return Duration{-1};
  TimePoint const when = origin_ + kTick * static_cast<Duration::rep>(slot->first_tick);
  return std::max(when - now_, Duration::zero());
}

}  // namespace btfast::net
