// SimDriver: runs event loops and other work of a simulation in turn, and moves time on
// when all of them are quiet: to the next packet or the next timer.
//
// Threads:   one.
// Ownership: what was added must live as long as the driver runs.
#pragma once

#include <functional>
#include <vector>

#include "net/event_loop.h"
#include "tests/support/sim_network.h"

namespace btfast::net {

class SimDriver {
 public:
  SimDriver(ManualClock& clock, SimNetwork& network) : clock_(clock), network_(network) {}

  void add(EventLoop& loop) { loops_.push_back(&loop); }
  // Work that takes no time, such as queued jobs; true when it did something.
  void add(std::function<bool()> work) { work_.push_back(std::move(work)); }

  // Until `done`; false when `at_most` of simulated time has passed, or when nothing can
  // happen any more.
  bool run_until(std::function<bool()> const& done, Duration at_most);
  void run_for(Duration time);

 private:
  bool run_round();
  bool move_time(TimePoint end);

  ManualClock& clock_;
  SimNetwork& network_;
  std::vector<EventLoop*> loops_;
  std::vector<std::function<bool()>> work_;
};

}  // namespace btfast::net
