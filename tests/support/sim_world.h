// SimWorld: a swarm on one thread.  Nodes and scripted peers on a SimNetwork, a clock moved
// by hand, and one executor whose jobs run in a seeded order and are late now and then, as
// those of a busy machine are.  The same seed is the same run, to the packet.
//
//   for_each_seed(20, [](std::uint64_t seed) {
//     SimWorld world{seed};
//     world.add_seed(torrent);
//     auto& leech = world.add_leech(torrent);
//     EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 10min)) << world.describe();
//   });
//
// BTF_SIM_RUNS=n runs n seeds of each such test; BTF_SIM_SEED=s replays the one that failed.
//
// Threads:   one.
// Ownership: owns its nodes and peers; on its end it stops the nodes that still run.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "net/event_loop.h"
#include "tests/support/sim_driver.h"
#include "tests/support/sim_executor.h"
#include "tests/support/sim_network.h"
#include "tests/support/sim_node.h"
#include "tests/support/sim_peer.h"
#include "tests/support/sim_reactor.h"
#include "tests/support/sim_takers.h"

namespace btfast::test {

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed, net::SimNetworkConfig const& network = {});
  ~SimWorld();
  SimWorld(SimWorld const&) = delete;
  SimWorld& operator=(SimWorld const&) = delete;

  // Each starts at once.
  SimNode& add_seed(TestTorrent const& torrent, SimNodeOptions options = {});
  SimNode& add_leech(TestTorrent const& torrent, SimNodeOptions options = {});
  // A scripted peer, at an address of its own.
  SimPeer& add_peer(TestTorrent const& torrent, std::uint8_t id);
  SimTakers& add_takers(TestTorrent const& torrent, SimTakersOptions const& options);

  // False when `at_most` of simulated time has passed.
  bool run_until(std::function<bool()> done, Duration at_most);
  void run_for(Duration time) { driver_.run_for(time); }
  // So many rounds of all loops: the events at which a scenario may strike.
  void run_rounds(std::uint64_t count);
  // At that time from now, between two turns.
  void after(Duration delay, std::function<void()> action);

  // Between the node and everyone else nothing passes, until heal().
  void cut_off(SimNode const& node);
  void heal(SimNode const& node);

  // Every node stops and goes; false when one could not, or left something behind.
  bool stop_all();

  bool all_complete() const;
  TimePoint now() const { return clock_.now(); }
  Rng& rng() { return rng_; }
  net::SimNetwork& network() { return network_; }
  ManualClock& clock() { return clock_; }
  SimExecutor& jobs() { return jobs_; }
  std::vector<std::unique_ptr<SimNode>> const& nodes() const { return nodes_; }
  // Equal for equal runs.
  std::uint64_t trace() const { return network_.trace(); }
  std::string describe() const;

 private:
  class Source;
  SimNode& add(TestTorrent const& torrent, SimNodeOptions options);
  bool run_job();

  std::uint64_t const seed_;
  ManualClock clock_;
  Rng rng_;
  net::SimNetwork network_;
  SimExecutor jobs_;
  TimePoint jobs_resume_{};
  net::SimReactor stage_reactor_;
  net::EventLoop stage_;  // wakes for what the world itself does later
  std::vector<std::unique_ptr<net::Timer>> actions_;
  net::Timer resume_jobs_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::vector<std::unique_ptr<SimPeer>> guests_;
  std::vector<std::unique_ptr<SimTakers>> takers_;
  net::SimDriver driver_;
};

// How many seeds to run, and which; see above.
std::vector<std::uint64_t> sim_seeds(int count);

// Stops at the first seed that fails, and names it.
template <class Run>
void for_each_seed(int count, Run&& run) {
  for (std::uint64_t const seed : sim_seeds(count)) {
    SCOPED_TRACE("replay with BTF_SIM_SEED=" + std::to_string(seed));
    run(seed);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace btfast::test
