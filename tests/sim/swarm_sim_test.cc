// Small honest swarms: everyone gets everything, whatever the order of events.
#include <gtest/gtest.h>

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

TEST(SwarmSim, ThreeLeechesAndASeedAllComplete) {
  for_each_seed(40, [](std::uint64_t seed) {
    SimWorld world{seed};
    world.add_seed(small_torrent());
    for (int i = 0; i < 3; ++i) world.add_leech(small_torrent());

    EXPECT_TRUE(world.run_until([&] { return world.all_complete(); }, 5min)) << world.describe();

    for (auto const& node : world.nodes()) EXPECT_TRUE(node->disk().holds_all());
  });
}

}  // namespace
}  // namespace btfast::test
