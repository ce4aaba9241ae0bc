// A swarm that grows from one super-seed: everyone gets everything, and the seed gives it
// away about once.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/sim_world.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

TestTorrent const& small_torrent() {
  static TestTorrent const torrent = TorrentBuilder{}.pieces(60).piece_size(48 * kKiB).build();
  return torrent;
}

// What the seed sent when four leeches had everything, in copies.
double copies_sent(std::uint64_t seed, SimNodeOptions options) {
  SimWorld world{seed};
  SimNode& source = world.add_seed(small_torrent(), options);
  for (int i = 0; i < 4; ++i) world.add_leech(small_torrent());
  EXPECT_TRUE(world.run_until([&] { return world.all_complete(); }, 20min)) << world.describe();
  return static_cast<double>(source.torrent().stats().payload_up) /
         static_cast<double>(small_torrent().content->size());
}

TEST(SuperSeedSim, GivesAwayLittleMoreThanOneCopy) {
  double sum = 0;
  int runs = 0;
  for_each_seed(10, [&](std::uint64_t seed) {
    sum += copies_sent(seed, {.super_seed = true});
    ++runs;
  });

  EXPECT_LT(sum / runs, 1.10);
  EXPECT_GE(sum / runs, 1.0);
}

TEST(SuperSeedSim, NetThreadsTogetherGiveLittleMoreThanOneCopy) {
  double sum = 0;
  int runs = 0;
  for_each_seed(10, [&](std::uint64_t seed) {
    sum += copies_sent(seed, {.net_threads = 2, .super_seed = true});
    ++runs;
  });

  EXPECT_LT(sum / runs, 1.10);
}

TEST(SuperSeedSim, ALoneLeechGetsEverythingToo) {
  for_each_seed(5, [](std::uint64_t seed) {
    SimWorld world{seed};
    world.add_seed(small_torrent(), {.super_seed = true});
    SimNode& leech = world.add_leech(small_torrent());

    EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 10min)) << world.describe();
  });
}

// Those who had a part of it leave; what only they had must come again.
TEST(SuperSeedSim, LeechesThatLeaveTakeNothingWithThem) {
  for_each_seed(5, [](std::uint64_t seed) {
    SimWorld world{seed};
    world.add_seed(small_torrent(), {.super_seed = true});
    SimNode& leaves = world.add_leech(small_torrent());
    SimNode& stays = world.add_leech(small_torrent());
    ASSERT_TRUE(world.run_until([&] { return leaves.torrent().stats().pieces_have >= 20; }, 10min));

    leaves.crash();

    EXPECT_TRUE(world.run_until([&] { return stays.complete(); }, 20min)) << world.describe();
  });
}

}  // namespace
}  // namespace btfast::test
