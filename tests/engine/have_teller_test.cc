#include "engine/upload/have_teller.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

class HaveTellerTest : public WireFixture {
 protected:
  // More peers than are told at once, none of which wants anything.
  std::vector<SimPeer*> crowd(SimNode& node) {
    std::vector<SimPeer*> peers;
    for (std::uint8_t i = 0; i < HaveTeller::kFewPeers + 4; ++i) {
      peers.push_back(&guest(node, static_cast<std::uint8_t>(10 + i)));
    }
    return peers;
  }
  static bool heard_of_each_once(SimPeer const& peer) {
    for (std::uint32_t p = 0; p < 8; ++p) {
      if (peer.times_heard("have " + std::to_string(p)) != 1) return false;
    }
    return true;
  }
};

TEST_F(HaveTellerTest, ACrowdHearsOfEveryPieceOnce) {
  SimNode& node = leech();
  auto const peers = crowd(node);
  giver(node, 1).serve();

  ASSERT_TRUE(until([&] { return node.complete(); }));
  settle();

  for (SimPeer const* peer : peers) EXPECT_TRUE(heard_of_each_once(*peer));
}

TEST_F(HaveTellerTest, WhoComesLaterHearsOnlyOfWhatItsBitfieldLacked) {
  SimNode& node = leech();
  crowd(node);
  giver(node, 1).serve();
  ASSERT_TRUE(until([&] { return node.torrent().stats().pieces_have == 8; }));

  SimPeer& late = guest(node, 2);
  settle();

  EXPECT_EQ(late.heard(), std::vector<std::string>{"have all"});
}

TEST_F(HaveTellerTest, WhoKnowsAPieceIsNotToldOfIt) {
  SimNode& node = leech();
  auto const peers = crowd(node);
  peers[0]->say_pieces({2});
  giver(node, 1).serve();

  ASSERT_TRUE(until([&] { return node.complete(); }));
  settle();

  EXPECT_EQ(peers[0]->times_heard("have 2"), 0u);
  EXPECT_EQ(peers[0]->times_heard("have 3"), 1u);
}

}  // namespace
}  // namespace btfast::test
