#include "engine/peers/peer_census.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

class PeerCensusTest : public WireFixture {};

TEST_F(PeerCensusTest, CountsPeersSeedsAndThoseThatUnchokeUs) {
  SimNode& node = leech();
  giver(node, 1);
  guest(node, 2).say(net::HaveNone{});
  settle();

  TorrentStats const stats = node.torrent().stats();

  EXPECT_EQ(stats.peers, 2u);
  EXPECT_EQ(stats.seeds, 1u);
  EXPECT_EQ(stats.unchoking_us, 1u);
}

TEST_F(PeerCensusTest, APeerThatIsGoneIsCountedNoMore) {
  SimNode& node = leech();
  SimPeer& taker = guest(node, 1);
  settle();
  ASSERT_EQ(node.torrent().stats().peers, 1u);

  taker.close();
  settle();

  EXPECT_EQ(node.torrent().stats().peers, 0u);
}

}  // namespace
}  // namespace btfast::test
