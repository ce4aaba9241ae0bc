#include "engine/torrent/swarm_shard.h"

#include <gtest/gtest.h>

#include <chrono>

#include "engine/base/byte_io.h"
#include "net/wire/extension.h"
#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

class SwarmShardTest : public WireFixture {};

TEST_F(SwarmShardTest, SaysWhatItHasInTheShortestWayThePeerKnows) {
  SimNode& full = seed();
  SimNode& empty = leech();
  SimPeer& fast_of_full = guest(full, 1);
  SimPeer& plain_of_full = guest(full, 2, /*fast=*/false);
  SimPeer& fast_of_empty = guest(empty, 3);
  SimPeer& plain_of_empty = guest(empty, 4, /*fast=*/false);

  settle();

  EXPECT_EQ(fast_of_full.heard(), std::vector<std::string>{"have all"});
  EXPECT_EQ(plain_of_full.heard(), std::vector<std::string>{"bitfield"});
  EXPECT_EQ(fast_of_empty.heard(), std::vector<std::string>{"have none"});
  EXPECT_TRUE(plain_of_empty.heard().empty());
}

TEST_F(SwarmShardTest, TellsOfEachNewPieceWhoeverLacksIt) {
  SimNode& node = leech();
  SimPeer& poor = guest(node, 1);
  SimPeer& rich = giver(node, 2);
  rich.serve();

  ASSERT_TRUE(until([&] { return node.complete(); }));
  settle();

  for (std::uint32_t p = 0; p < 8; ++p) {
    EXPECT_EQ(poor.times_heard("have " + std::to_string(p)), 1u) << p;
    EXPECT_EQ(rich.times_heard("have " + std::to_string(p)), 0u) << p;
  }
}

TEST_F(SwarmShardTest, IsInterestedJustAsLongAsThePeerHasWhatWeLack) {
  SimNode& node = leech();
  SimPeer& partial = guest(node, 1);
  partial.serve();
  partial.say_pieces({1});
  partial.say(net::Unchoke{});
  ASSERT_TRUE(until([&] { return partial.has_heard("not interested"); }));
  EXPECT_EQ(partial.times_heard("interested"), 1u);

  partial.say(net::Have{.piece = 3});

  ASSERT_TRUE(until([&] { return partial.times_heard("not interested") == 2; }));
  EXPECT_EQ(partial.times_heard("interested"), 2u);
  EXPECT_TRUE(node.disk().holds(PieceIndex{1}) && node.disk().holds(PieceIndex{3}));
}

TEST_F(SwarmShardTest, IsNotInterestedInAPeerThatHasNothing) {
  SimNode& node = leech();
  SimPeer& poor = guest(node, 1);
  poor.say(net::HaveNone{});

  settle();

  EXPECT_FALSE(poor.has_heard("interested"));
  EXPECT_FALSE(poor.closed());
}

TEST_F(SwarmShardTest, ClosesAPeerThatNeitherSideNeeds) {
  SimNode& node = seed();
  SimPeer& other = guest(node, 1);
  other.say(net::HaveAll{});

  EXPECT_TRUE(until([&] { return other.closed(); }, 5s));
}

TEST_F(SwarmShardTest, ClosesWhoNamesAPieceThatDoesNotExist) {
  SimNode& node = leech();
  SimPeer& liar = guest(node, 1);
  liar.say(net::Have{.piece = 8});

  EXPECT_TRUE(until([&] { return liar.closed(); }, 5s));
}

TEST_F(SwarmShardTest, HearsOfMorePiecesFromALaterBitfieldAndHaveAll) {
  SimNode& node = leech();
  SimPeer& aria = guest(node, 1);
  aria.serve();
  aria.say_pieces({1});
  aria.say(net::AllowedFast{.piece = 1});
  aria.say_pieces({1});
  aria.say_pieces({1, 3});
  aria.say(net::Unchoke{});
  ASSERT_TRUE(until([&] { return aria.times_heard("not interested") == 1; }));
  EXPECT_TRUE(node.disk().holds(PieceIndex{1}) && node.disk().holds(PieceIndex{3}));

  aria.say(net::HaveAll{});
  aria.say(net::HaveAll{});

  EXPECT_TRUE(until([&] { return node.complete(); }));
}

TEST_F(SwarmShardTest, ClosesWhoTakesPiecesBack) {
  SimNode& node = leech();
  SimPeer& one = guest(node, 1);
  SimPeer& other = guest(node, 2);
  one.say_pieces({1, 3});
  one.say_pieces({3, 4});
  other.say(net::HaveNone{});
  other.say(net::Have{.piece = 3});
  other.say(net::HaveNone{});

  EXPECT_TRUE(until([&] { return one.closed() && other.closed(); }, 5s));
}

TEST_F(SwarmShardTest, HearsFromItsPeersByWhichAddressTheySeeIt) {
  SimNode& node = leech();
  auto const outside = net::Endpoint::ipv4({9, 9, 9, 9}, 0);
  auto const hello = net::encode_extension_handshake({.your_ip = outside});
  for (std::uint8_t id = 1; id <= 3; ++id) {
    SimPeer& teller = peer(id);
    teller.handshake().extension_protocol = true;
    teller.connect(node.endpoint());
    ASSERT_TRUE(until([&] { return teller.greeted(); }));
    teller.say(net::Extended{.extension = 0, .payload = hello});
  }

  settle();

  EXPECT_EQ(node.torrent().dialer().own_address(net::Family::kIpv4), outside);
}

TEST_F(SwarmShardTest, AnExtensionHandshakeThatIsNoneCostsThePeerNothing) {
  SimNode& node = leech();
  SimPeer& odd = peer(1);
  odd.handshake().extension_protocol = true;
  odd.connect(node.endpoint());
  ASSERT_TRUE(until([&] { return odd.greeted(); }));
  for (std::string_view const junk : {"", "junk", "d1:m", "le"}) {
    odd.say(net::Extended{.extension = 0, .payload = as_bytes(junk)});
  }
  odd.say(net::HaveAll{});

  EXPECT_TRUE(until([&] { return odd.times_heard("interested") == 1; }));
  EXPECT_FALSE(odd.closed());
}

// By which endpoint it called itself only the calling end knows, and it learns it here.
TEST_F(SwarmShardTest, AnswersWhoCallsWithItsOwnPeerIdAndCloses) {
  SimNode& node = leech();
  SimPeer& other = guest(node, 1);
  ASSERT_TRUE(until([&] { return other.greeted(); }));
  SimPeer& itself = peer(2);
  itself.handshake().peer_id = other.theirs().peer_id;
  itself.connect(node.endpoint());

  EXPECT_TRUE(until([&] { return itself.closed(); }, 5s));
  EXPECT_EQ(itself.theirs().peer_id, other.theirs().peer_id);
}

TEST_F(SwarmShardTest, ClosesAnOutgoingConnectionThatAnswersForAnotherTorrent) {
  SimPeer& other = peer(1);
  other.handshake().info_hash.fill(std::byte{9});
  other.listen();
  SimNode& node = leech({.peers = {other.endpoint()}});

  EXPECT_TRUE(until([&] { return other.closed(); }, 5s));
  EXPECT_EQ(node.torrent().dialer().connected_count(), 0u);
}

TEST_F(SwarmShardTest, UnchokesAsManyAsThereAreSlots) {
  SimNode& node = seed({.upload_slots = 2});
  std::vector<SimPeer*> guests;
  for (std::uint8_t id = 1; id <= 4; ++id) {
    guests.push_back(&guest(node, id));
    guests.back()->say(net::Interested{});
  }

  settle();

  std::size_t unchoked = 0;
  for (SimPeer* const g : guests) unchoked += g->times_heard("unchoke") - g->times_heard("choke");
  EXPECT_EQ(unchoked, 2u);
}

TEST_F(SwarmShardTest, ASlotPassesOnWhenItsHolderLeaves) {
  SimNode& node = seed({.upload_slots = 1});
  SimPeer& first = guest(node, 1);
  first.say(net::Interested{});
  ASSERT_TRUE(until([&] { return first.has_heard("unchoke"); }, 20s));
  SimPeer& second = guest(node, 2);
  second.say(net::Interested{});
  world_.run_for(100ms);
  ASSERT_FALSE(second.has_heard("unchoke"));

  first.close();

  EXPECT_TRUE(until([&] { return second.has_heard("unchoke"); }, 20s));
}

TEST_F(SwarmShardTest, ASeedsSlotPassesOnWithinASecondWhenItsHolderAsksForNothing) {
  SimNode& node = seed({.upload_slots = 1});
  SimPeer& idle = guest(node, 1);
  idle.say(net::Interested{});
  ASSERT_TRUE(until([&] { return idle.has_heard("unchoke"); }, 20s));
  SimPeer& waiting = guest(node, 2);
  waiting.say(net::Interested{});

  EXPECT_TRUE(until([&] { return waiting.has_heard("unchoke"); }, 1s));
  EXPECT_TRUE(idle.has_heard("choke"));
}

TEST_F(SwarmShardTest, OurOwnIdIsClosedNeverDialledAgainAndTakesNoPlace) {
  SimPeer& mirror = peer(1);
  mirror.listen();
  SimPeer& brief = peer(2);
  brief.on_greeting([&] { brief.close(); });
  brief.listen();
  SimNode& node =
      leech({.net_threads = 2, .max_peers = 1, .peers = {mirror.endpoint(), brief.endpoint()}});
  mirror.handshake().peer_id = node.id();

  world_.run_for(10min);

  EXPECT_TRUE(mirror.closed());
  EXPECT_EQ(mirror.connections(), 1);
  EXPECT_GE(brief.connections(), 3);
}

// The net thread that had the connection still gets its share of the others.
TEST_F(SwarmShardTest, AnIncomingConnectionFromOurselvesIsClosedAndCountedNowhere) {
  SimPeer& first = peer(2);
  SimPeer& second = peer(3);
  SimNode& node = leech({.net_threads = 2, .peers = {first.endpoint(), second.endpoint()}});
  SimPeer& mirror = peer(1);
  mirror.handshake().peer_id = node.id();
  mirror.connect(node.endpoint());
  ASSERT_TRUE(until([&] { return mirror.closed(); }, 2s));
  settle();

  // They refused the first attempts.
  first.listen();
  second.listen();

  ASSERT_TRUE(until([&] { return first.connections() > 0 && second.connections() > 0; }));
  EXPECT_NE(first.remote().with_port(0), second.remote().with_port(0));
}

}  // namespace
}  // namespace btfast::test
