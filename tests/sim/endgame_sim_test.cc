// The end of a download from several seeds: what comes twice, and how late the last block is.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "tests/support/sim_world.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

struct Outcome {
  double wasted = 0;  // of the torrent
  double late = 0;    // time taken, of what the seeds need for it together
};

// A leech of a torrent of 13 MB, from seeds of these rates in bytes a second.
Outcome download(std::uint64_t seed, std::vector<std::uint64_t> const& rates) {
  static TestTorrent const torrent = TorrentBuilder{}.pieces(50).piece_size(256 * kKiB).build();
  SimWorld world{seed, {.latency_min = 1ms, .latency_max = 5ms}};
  std::uint64_t all = 0;
  for (std::uint64_t const rate : rates) {
    world.add_seed(torrent, {.up_limit = rate});
    all += rate;
  }
  world.run_for(1s);
  SimNode& leech = world.add_leech(torrent, {.cache_bytes = 64 * kMiB});
  TimePoint const start = world.now();
  EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 5min)) << world.describe();
  double const took = std::chrono::duration<double>(world.now() - start).count();
  auto const size = static_cast<double>(torrent.content->size());
  return {.wasted = static_cast<double>(leech.torrent().stats().wasted) / size,
          .late = took * static_cast<double>(all) / size};
}

void expect_little_waste(std::vector<std::uint64_t> const& rates) {
  for_each_seed(3, [&](std::uint64_t seed) {
    Outcome const outcome = download(seed, rates);
    EXPECT_LT(outcome.wasted, 0.01);
    EXPECT_LT(outcome.late, 1.35);
  });
}

TEST(EndgameSim, FourEqualSeedsSendNearlyNothingTwice) {
  expect_little_waste(std::vector<std::uint64_t>(4, 3'000'000));
}

TEST(EndgameSim, SeedsOfDifferentRatesSendNearlyNothingTwice) {
  expect_little_waste({6'000'000, 3'000'000, 1'000'000, 300'000, 100'000});
}

TEST(EndgameSim, ManySeedsSendNearlyNothingTwice) {
  expect_little_waste(std::vector<std::uint64_t>(12, 1'000'000));
}

// What they owe is asked of one that is silent as well, most of the time.
TEST(EndgameSim, SeedsThatFallSilentTogetherCostLessThanARequestTimeOut) {
  static TestTorrent const torrent = TorrentBuilder{}.pieces(50).piece_size(256 * kKiB).build();
  for_each_seed(5, [](std::uint64_t seed) {
    SimWorld world{seed, {.latency_min = 1ms, .latency_max = 5ms}};
    std::vector<SimNode*> seeds;
    for (int i = 0; i < 8; ++i) seeds.push_back(&world.add_seed(torrent, {.up_limit = 1'000'000}));
    world.run_for(1s);
    SimNode& leech = world.add_leech(
        torrent, {.cache_bytes = 64 * kMiB, .request_timeout = std::chrono::minutes{2}});
    auto const nearly = torrent.content->size() / 20 * 19;
    ASSERT_TRUE(
        world.run_until([&] { return leech.torrent().stats().bytes_have >= nearly; }, 5min));

    for (int i = 0; i < 6; ++i) world.cut_off(*seeds[static_cast<std::size_t>(i)]);

    EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 20s)) << world.describe();
    EXPECT_TRUE(leech.disk().holds_all());
  });
}

}  // namespace
}  // namespace btfast::test
