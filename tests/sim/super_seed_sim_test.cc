// A swarm that grows from one super-seed: everyone gets everything, and the seed gives it
// away about once.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

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

// A leech that has such a peer beside it, and nobody else, has everything in two minutes.
void expect_served_beside(std::function<void(SimWorld&, SimPeer&)> const& say) {
  for_each_seed(5, [&](std::uint64_t seed) {
    SimWorld world{seed};
    SimNode& source = world.add_seed(small_torrent(), {.super_seed = true});
    SimPeer& peer = world.add_peer(small_torrent(), 1);
    peer.on_greeting([&] { say(world, peer); });
    ASSERT_TRUE(world.run_until([&] { return source.complete(); }, 1min));
    peer.connect(source.endpoint());
    ASSERT_TRUE(world.run_until([&] { return peer.has_heard("have "); }, 1min));
    SimNode& leech = world.add_leech(small_torrent());

    EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 2min)) << world.describe();
  });
}

TEST(SuperSeedSim, APeerThatFetchesNothingHoldsNobodyUp) {
  expect_served_beside([](SimWorld&, SimPeer& peer) { peer.say(net::HaveNone{}); });
}

TEST(SuperSeedSim, APeerThatSaysItHasNearlyAllAndGivesNothingHoldsNobodyUp) {
  expect_served_beside([](SimWorld&, SimPeer& peer) {
    std::vector<std::uint32_t> most(small_torrent().content->size() / (48 * kKiB) - 1);
    std::iota(most.begin(), most.end(), 1);
    peer.say_pieces(most);
  });
}

// One byte every two seconds of each piece that it was offered.
void ask_for_crumbs(SimWorld& world, SimPeer& peer, std::uint32_t at) {
  for (std::uint32_t piece = 0; piece < 60; ++piece) {
    if (std::ranges::count(peer.heard(), "have " + std::to_string(piece)) == 0) continue;
    peer.say(net::Request{.piece = piece, .begin = at, .length = 1});
  }
  world.after(2s, [&world, &peer, at] { ask_for_crumbs(world, peer, at + 1); });
}

TEST(SuperSeedSim, APeerThatAsksInCrumbsHoldsNobodyUp) {
  expect_served_beside([](SimWorld& world, SimPeer& peer) {
    peer.say(net::HaveNone{});
    peer.say(net::Interested{});
    world.after(1s, [&] { ask_for_crumbs(world, peer, 0); });
  });
}

// Neither can reach the other, and each has all after a time that the seed's own sending takes.
TEST(SuperSeedSim, LeechesThatDoNotKnowEachOtherGetEverythingToo) {
  for_each_seed(5, [](std::uint64_t seed) {
    SimWorld world{seed};
    SimNode& source = world.add_seed(small_torrent(), {.super_seed = true});
    for (int i = 0; i < 2; ++i) {
      world.add_leech(small_torrent(), {.uses_source = false, .peers = {source.endpoint()}});
    }

    EXPECT_TRUE(world.run_until([&] { return world.all_complete(); }, 2min)) << world.describe();
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
