#include "tests/support/sim_driver.h"

#include <algorithm>
#include <cstdint>

#include "engine/base/check.h"

namespace btfast::net {
namespace {

// Rounds at one instant; more is two parties that keep each other busy for ever.
constexpr int kRoundsMax = 100'000;

}  // namespace

bool SimDriver::run_until(std::function<bool()> const& done, Duration at_most) {
  TimePoint const end = clock_.now() + at_most;
  int rounds = 0;
  while (!done()) {
    if (run_round()) {
      BTF_CHECK(++rounds < kRoundsMax);
      continue;
    }
    rounds = 0;
    if (!move_time(end)) return false;
  }
  return true;
}

void SimDriver::run_for(Duration time) {
  TimePoint const end = clock_.now() + time;
  run_until([] { return false; }, time);
  clock_.advance_to(end);
}

// Whoever comes first by chance; true when anyone did anything.
bool SimDriver::run_round() {
  bool busy = false;
  auto const count = static_cast<std::uint32_t>(loops_.size());
  std::uint32_t const first = count > 1 ? network_.rng().below(count) : 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    busy |= loops_[(first + i) % count]->run_turn(Duration::zero());
  }
  for (auto const& work : work_) busy |= work();
  return busy;
}

bool SimDriver::move_time(TimePoint end) {
  TimePoint timer = TimePoint::max();
  for (EventLoop* const loop : loops_) {
    Duration const next = loop->timers().until_next();
    if (next >= Duration::zero()) timer = std::min(timer, loop->timers().now() + next);
  }
  auto const packet = network_.next_arrival();
  TimePoint const next = std::min(timer, packet.value_or(TimePoint::max()));
  if (next > end || next == TimePoint::max()) return false;
  clock_.advance_to(next);
  while (network_.next_arrival() && *network_.next_arrival() <= clock_.now()) network_.step();
  return true;
}

}  // namespace btfast::net
