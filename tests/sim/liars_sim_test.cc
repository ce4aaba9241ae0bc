// Swarms with liars: right bytes, every proven liar banned, never an honest one.
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "tests/support/sim_world.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

struct Cast {
  int honest = 1;
  int liars = 1;
  std::uint32_t lie_one_in = 1;  // of the reads that serve requests
};

// Peers are one net thread each, and everyone is dialled: an address is a peer.
bool is_banned(SimNode& by, SimNode const& who) {
  return by.torrent().dialer().is_banned(who.endpoint());
}

void expect_right_verdicts(SimNode& leech, std::vector<SimNode*> const& honest,
                           std::vector<SimNode*> const& liars) {
  for (SimNode* node : honest) EXPECT_FALSE(is_banned(leech, *node)) << node->describe();
  for (SimNode* node : liars) {
    EXPECT_TRUE(node->disk().corrupted_reads() > 0 || !is_banned(leech, *node));
  }
}

// What came is in a good piece or it is wasted: of bad pieces, twice, or in flight at the end.
void expect_every_byte_accounted_for(SimWorld& world, SimNode& leech) {
  TorrentStats const before = leech.torrent().stats();
  leech.stop();
  ASSERT_TRUE(world.run_until([&] { return leech.stopped(); }, 1min)) << world.describe();

  TorrentStats const stats = leech.torrent().stats();

  EXPECT_EQ(stats.bytes_fetched, stats.bytes_have);
  EXPECT_EQ(stats.payload_down, stats.bytes_fetched + stats.wasted);
  EXPECT_TRUE(before.bad_pieces == 0 || before.wasted > 0);
}

void run_swarm(std::uint64_t seed, TestTorrent const& torrent, Cast const& cast,
               bool all_are_caught) {
  SimWorld world{seed};
  std::vector<SimNode*> honest;
  std::vector<SimNode*> liars;
  for (int i = 0; i < cast.honest; ++i) honest.push_back(&world.add_seed(torrent));
  for (int i = 0; i < cast.liars; ++i) liars.push_back(&world.add_seed(torrent));
  // What a seed finds at its start is right.
  ASSERT_TRUE(world.run_until([&] { return world.all_complete(); }, 5min)) << world.describe();
  for (SimNode* node : liars) node->disk().corrupt_one_read_in(cast.lie_one_in);
  auto& leech = world.add_leech(torrent);

  ASSERT_TRUE(world.run_until([&] { return leech.complete(); }, 10min)) << world.describe();

  EXPECT_TRUE(leech.disk().holds_all());
  expect_right_verdicts(leech, honest, liars);
  expect_every_byte_accounted_for(world, leech);
  if (!all_are_caught) return;
  for (SimNode* node : liars) {
    EXPECT_TRUE(node->disk().corrupted_reads() == 0 || is_banned(leech, *node)) << node->describe();
  }
}

TEST(LiarsSim, OneWhoLiesNowAndThenAmongNineInPiecesThatAllShare) {
  auto const torrent = TorrentBuilder{}.pieces(3).piece_size(512 * kKiB).build();
  for_each_seed(15, [&](std::uint64_t seed) {
    run_swarm(seed, torrent, {.honest = 9, .liars = 1, .lie_one_in = 4}, false);
  });
}

TEST(LiarsSim, SixOfTenWhoAlwaysLieAreAllCaught) {
  auto const torrent = TorrentBuilder{}.pieces(60).piece_size(64 * kKiB).build();
  for_each_seed(
      15, [&](std::uint64_t seed) { run_swarm(seed, torrent, {.honest = 4, .liars = 6}, true); });
}

TEST(LiarsSim, NineInTenOfManyPeersLie) {
  auto const torrent = TorrentBuilder{}.pieces(80).piece_size(48 * kKiB).build();
  for_each_seed(
      3, [&](std::uint64_t seed) { run_swarm(seed, torrent, {.honest = 4, .liars = 36}, true); });
}

// The honest one is needed for every piece, and liars take part in each.
TEST(LiarsSim, OnePieceForTenPeersOfWhomSixLie) {
  auto const torrent = TorrentBuilder{}.pieces(1).piece_size(512 * kKiB).build();
  for_each_seed(
      15, [&](std::uint64_t seed) { run_swarm(seed, torrent, {.honest = 4, .liars = 6}, false); });
}

}  // namespace
}  // namespace btfast::test
