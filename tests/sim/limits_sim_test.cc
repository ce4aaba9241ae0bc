// Swarms at a limit of rate: what moves is the rate, and nobody takes waiting for failing.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/sim_world.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kRate = 400 * kKiB;

TestTorrent const& eight_mib() {
  static TestTorrent const torrent = TorrentBuilder{}.pieces(128).piece_size(64 * kKiB).build();
  return torrent;
}

double seconds_between(TimePoint from, TimePoint to) {
  return std::chrono::duration<double>(to - from).count();
}

// From the first block on.
double download_rate(SimWorld& world, SimNode& leech) {
  EXPECT_TRUE(world.run_until([&] { return leech.torrent().stats().payload_down > 0; }, 1min));
  TimePoint const start = world.now();
  EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 5min)) << world.describe();
  return static_cast<double>(leech.torrent().stats().payload_down) /
         seconds_between(start, world.now());
}

class LimitsSim : public ::testing::TestWithParam<int> {};

TEST_P(LimitsSim, ADownloadLimitIsKeptAndUsed) {
  for_each_seed(5, [](std::uint64_t seed) {
    SimWorld world{seed};
    for (int i = 0; i < 3; ++i) world.add_seed(eight_mib());
    SimNode& leech = world.add_leech(eight_mib(), {.net_threads = GetParam(), .down_limit = kRate});

    EXPECT_TRUE(world.run_until([&] { return leech.torrent().stats().at_down_limit > 0; }, 1min));
    double const rate = download_rate(world, leech);

    EXPECT_NEAR(rate / kRate, 1.0, 0.03);
    EXPECT_EQ(leech.torrent().stats().wasted, 0u);
  });
}

TEST_P(LimitsSim, AnUploadLimitIsKeptAndUsed) {
  for_each_seed(5, [](std::uint64_t seed) {
    SimWorld world{seed};
    SimNode& source = world.add_seed(eight_mib(), {.net_threads = GetParam(), .up_limit = kRate});
    SimNode& leech = world.add_leech(eight_mib());

    EXPECT_TRUE(world.run_until([&] { return source.torrent().stats().at_up_limit > 0; }, 1min));
    double const rate = download_rate(world, leech);

    EXPECT_NEAR(rate / kRate, 1.0, 0.03);
    EXPECT_EQ(source.torrent().stats().payload_up, leech.torrent().stats().payload_down);
  });
}

INSTANTIATE_TEST_SUITE_P(NetThreads, LimitsSim, ::testing::Values(1, 2));

// A block a second or so: far slower than any time-out of ours would bear.
TEST(LimitsSimSlow, ACrawlIsNoFailure) {
  for_each_seed(3, [](std::uint64_t seed) {
    static TestTorrent const torrent = TorrentBuilder{}.pieces(4).piece_size(32 * kKiB).build();
    SimWorld world{seed};
    world.add_seed(torrent, {.up_limit = 4 * kKiB});
    SimNode& leech = world.add_leech(torrent, {.down_limit = 4 * kKiB});

    EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 2min)) << world.describe();

    EXPECT_EQ(leech.torrent().stats().wasted, 0u);
  });
}

}  // namespace
}  // namespace btfast::test
