// Small swarms without malice: everyone gets everything, whatever the order of events.
#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "tests/support/sim_world.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

TestTorrent const& small_torrent() {
  static TestTorrent const torrent =
      TorrentBuilder{}.pieces(24).piece_size(48 * kKiB).tail(20'000).files(3).build();
  return torrent;
}

SimNodeOptions any_options(Rng& rng) {
  SimNodeOptions options;
  options.net_threads = static_cast<int>(1 + rng.below(3));
  constexpr std::array kStrategies{Strategy::kSmart, Strategy::kRandom, Strategy::kSequential};
  options.strategy = kStrategies[rng.below(3)];
  constexpr std::array<std::uint64_t, 4> kBudgets{100 * kKiB, 200 * kKiB, 1 * kMiB, 8 * kMiB};
  options.cache_bytes = kBudgets[rng.below(4)];
  options.upload_slots = 1 + rng.below(6);
  return options;
}

TEST(SwarmSim, ThreeLeechesAndASeedAllComplete) {
  for_each_seed(40, [](std::uint64_t seed) {
    SimWorld world{seed};
    world.add_seed(small_torrent());
    for (int i = 0; i < 3; ++i) world.add_leech(small_torrent());

    EXPECT_TRUE(world.run_until([&] { return world.all_complete(); }, 5min)) << world.describe();

    for (auto const& node : world.nodes()) EXPECT_TRUE(node->disk().holds_all());
  });
}

// Net threads, strategies, memory, slots, and disks whose reads are cold now and then.
TEST(SwarmSim, AnyMixOfSettingsCompletes) {
  for_each_seed(40, [](std::uint64_t seed) {
    SimWorld world{seed};
    world.add_seed(small_torrent(), any_options(world.rng())).disk().miss_one_read_in(3);
    for (int i = 0; i < 3; ++i) {
      world.add_leech(small_torrent(), any_options(world.rng())).disk().miss_one_read_in(2);
    }

    EXPECT_TRUE(world.run_until([&] { return world.all_complete(); }, 10min)) << world.describe();

    for (auto const& node : world.nodes()) EXPECT_TRUE(node->disk().holds_all());
  });
}

TEST(SwarmSim, LongPathsOnlyTakeLonger) {
  for_each_seed(10, [](std::uint64_t seed) {
    SimWorld world{seed, {.latency_min = 100ms, .latency_max = 700ms, .window_bytes = 32 * kKiB}};
    world.add_seed(small_torrent());
    world.add_leech(small_torrent());
    world.add_leech(small_torrent());

    EXPECT_TRUE(world.run_until([&] { return world.all_complete(); }, 10min)) << world.describe();

    for (auto const& node : world.nodes()) EXPECT_TRUE(node->disk().holds_all());
  });
}

TEST(SwarmSim, TheSameSeedIsTheSameRun) {
  auto const trace_of = [](std::uint64_t seed) {
    SimWorld world{seed};
    world.add_seed(small_torrent(), any_options(world.rng()));
    for (int i = 0; i < 2; ++i) world.add_leech(small_torrent(), any_options(world.rng()));
    world.run_until([&] { return world.all_complete(); }, 10min);
    return world.trace();
  };

  for_each_seed(5, [&](std::uint64_t seed) {
    std::uint64_t const first = trace_of(seed);

    EXPECT_EQ(trace_of(seed), first);
    EXPECT_NE(trace_of(seed + 1), first);
  });
}

}  // namespace
}  // namespace btfast::test
