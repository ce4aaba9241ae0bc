// A selection that is there from the start, and one that changes while the torrent runs.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/sim_world.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

constexpr Priority kS = Priority::kSkip;
constexpr Priority kN = Priority::kNormal;

// Three files whose edges lie within pieces.
TestTorrent const& three_files() {
  static TestTorrent const torrent =
      TorrentBuilder{}.pieces(24).piece_size(48 * kKiB).tail(20'000).files(3).build();
  return torrent;
}

// Exactly these pieces are on the disk.
void expect_pieces(SimNode& node, Bitfield const& wanted) {
  for (std::uint32_t p = 0; p < wanted.size(); ++p) {
    EXPECT_EQ(node.disk().holds(PieceIndex{p}), wanted.test(p)) << "piece " << p;
  }
}

Bitfield pieces_of(FileSelection const& selection) {
  return wanted_pieces(selection, *three_files().metainfo).pieces;
}

TEST(SelectionSim, OnlyTheWantedPiecesAreFetchedThenTheRestOnDemand) {
  for_each_seed(20, [](std::uint64_t seed) {
    SimWorld world{seed};
    world.add_seed(three_files());
    auto& leech = world.add_leech(three_files(), {.net_threads = 2});
    FileSelection const middle{{kS, kN, kS}};

    leech.torrent().set_selection(middle);
    ASSERT_TRUE(world.run_until([&] { return leech.complete(); }, 5min)) << world.describe();
    world.run_for(5s);  // nothing more may come

    expect_pieces(leech, pieces_of(middle));
    EXPECT_EQ(leech.torrent().stats().bytes_have, leech.torrent().stats().size);
    leech.torrent().set_selection({});
    EXPECT_TRUE(
        world.run_until([&] { return leech.complete() && leech.disk().holds_all(); }, 10min))
        << world.describe();
  });
}

TEST(SelectionSim, WhatIsNotWantedAnyMoreIsGivenUp) {
  for_each_seed(20, [](std::uint64_t seed) {
    SimWorld world{seed, {.latency_min = 50ms, .latency_max = 100ms, .window_bytes = 32 * kKiB}};
    world.add_seed(three_files());
    auto& leech = world.add_leech(three_files(), {.net_threads = 2, .cache_bytes = 1 * kMiB});
    ASSERT_TRUE(world.run_until([&] { return leech.torrent().stats().requests_open > 0; }, 1min));

    leech.torrent().set_selection({{kN, kS, kS}});

    EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 5min)) << world.describe();
    world.run_for(5s);
    EXPECT_EQ(leech.torrent().stats().bytes_in_flight, 0u);
    EXPECT_EQ(leech.torrent().stats().requests_open, 0u);
    EXPECT_FALSE(leech.disk().holds_all());
  });
}

TEST(SelectionSim, PartialSeedServesWhatItHasAfterTheSeedLeft) {
  for_each_seed(10, [](std::uint64_t seed) {
    SimWorld world{seed};
    auto& origin = world.add_seed(three_files());
    auto& first = world.add_leech(three_files());
    FileSelection const front{{kN, kS, kS}};
    first.torrent().set_selection(front);
    ASSERT_TRUE(world.run_until([&] { return first.complete(); }, 5min)) << world.describe();
    origin.stop();
    ASSERT_TRUE(world.run_until([&] { return origin.stopped(); }, 1min));

    auto& second = world.add_leech(three_files());
    second.torrent().set_selection(front);

    EXPECT_TRUE(world.run_until([&] { return second.complete(); }, 5min)) << world.describe();
    expect_pieces(second, pieces_of(front));
  });
}

}  // namespace
}  // namespace btfast::test
