#include "engine/swarm/peer_telling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/wire/extension.h"
#include "tests/engine/wire_fixture.h"
#include "tests/support/log_capture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::size_t kBlocks = 8 * 4;

class PeerTellingTest : public WireFixture {
 protected:
  // One that gives everything and says who it is.
  SimPeer& teller(SimNode& node) {
    SimPeer& seed = peer(1);
    std::string_view const id = "-qB4520-abcdefghijkl";
    for (std::size_t i = 0; i < id.size(); ++i) {
      seed.handshake().peer_id[i] = static_cast<std::byte>(id[i]);
    }
    seed.handshake().extension_protocol = true;
    seed.connect(node.endpoint());
    EXPECT_TRUE(until([&] { return seed.greeted(); }));
    net::ExtensionHandshake hello;
    hello.client = "qBittorrent/4.5.2\x1b[31m";
    auto const payload = net::encode_extension_handshake(hello);
    seed.say(net::Extended{.extension = 0, .payload = payload});
    seed.say(net::Interested{});
    seed.say_pieces({0, 1, 2, 3, 4, 5, 6, 7});
    seed.say(net::Unchoke{});
    seed.serve();
    return seed;
  }
  // Events about peers, without what they say.
  static std::vector<std::string> steps(LogCapture const& log) {
    std::vector<std::string> out;
    for (auto const& line : log.lines()) {
      auto const name = line.substr(0, line.find(' '));
      if (!name.starts_with("peer_")) continue;
      auto const by = line.find(" by=");
      out.push_back(by == std::string::npos ? name : name + line.substr(by));
    }
    return out;
  }
};

TEST_F(PeerTellingTest, APeersWayIsToldInOrder) {
  LogCapture const log{LogLevel::kInfo};
  SimNode& node = leech();
  teller(node);
  ASSERT_TRUE(until([&] { return log.count("peer_closed") == 1; }));

  EXPECT_THAT(steps(log),
              ElementsAre("peer_connected", "peer_handshake", "peer_client",
                          "peer_interested by=peer", "peer_unchoked by=us", "peer_bitfield",
                          "peer_interested by=us", "peer_unchoked by=peer", "peer_first_block",
                          "peer_not_interested by=us", "peer_closed"));
  EXPECT_THAT(log.lines_of("peer_connected"), ElementsAre(HasSubstr(" incoming=1")));
  EXPECT_THAT(log.lines_of("peer_handshake"),
              ElementsAre(AllOf(HasSubstr(" client=qBittorrent 4.5.2 "), HasSubstr(" fast=1"),
                                HasSubstr(" extended=1"))));
  EXPECT_THAT(log.lines_of("peer_client"), ElementsAre(HasSubstr(" client=qBittorrent/4.5.2")));
  EXPECT_THAT(log.lines_of("peer_bitfield"), ElementsAre(EndsWith(" pieces=8 of=8 bytes=1")));
  EXPECT_THAT(log.lines_of("peer_closed"),
              ElementsAre(HasSubstr(" incoming=1 handshake=1 reason=both seeds")));
  EXPECT_THAT(log.lines_of("block"), IsEmpty());
}

TEST_F(PeerTellingTest, APeerThatWeCallIsConnectedBeforeItSaysWhoItIs) {
  SimPeer& called = peer(1);
  called.listen();
  LogCapture const log{LogLevel::kInfo};
  leech({.peers = {called.endpoint()}});
  ASSERT_TRUE(until([&] { return log.count("peer_handshake") == 1; }));

  EXPECT_THAT(steps(log), ElementsAre("peer_connected", "peer_handshake"));
  EXPECT_THAT(log.lines_of("peer_connected"), ElementsAre(HasSubstr(" incoming=0")));
  EXPECT_THAT(log.lines_of("peer_handshake"), ElementsAre(HasSubstr(" client=unknown ")));
}

TEST_F(PeerTellingTest, EachBlockIsTracedWithItsLatency) {
  LogCapture const log{LogLevel::kTrace};
  SimNode& node = leech();
  teller(node);
  ASSERT_TRUE(until([&] { return node.complete(); }));

  auto const blocks = log.lines_of("block");
  EXPECT_EQ(blocks.size(), kBlocks);
  EXPECT_THAT(blocks, Contains(StartsWith("block piece=3 offset=16384 length=16384 peer=")));
  EXPECT_THAT(blocks, Not(Contains(EndsWith(" ms=-1.000000"))));
  EXPECT_EQ(log.count("piece_have"), 8u);
  EXPECT_THAT(log.lines_of("message"), Contains(EndsWith(" message=unchoke")));
}

TEST_F(PeerTellingTest, WhatAPeerHasOfThePiecesThatArePendingIsTraced) {
  LogCapture const log{LogLevel::kTrace};
  SimPeer& some = guest(leech(), 1);
  some.say_pieces({0, 1, 5});
  settle();

  EXPECT_THAT(log.lines_of("pieces_checked"), ElementsAre(EndsWith(" pending=8 has=3")));
}

// The second peer has nothing but what the first one owes; after a moment it is asked for that.
TEST_F(PeerTellingTest, PeersThatWereIdleAndAreAskedForWorkAreTraced) {
  LogCapture const log{LogLevel::kTrace};
  SimNode& node = leech();
  for (std::uint8_t const id : {std::uint8_t{1}, std::uint8_t{2}}) {
    SimPeer& same = guest(node, id);
    same.say_pieces({0});
    same.say(net::Unchoke{});
  }
  ASSERT_TRUE(until([&] { return log.count("idle_peers") > 0; }));

  EXPECT_EQ(log.lines_of("idle_peers").front(), "idle_peers idle=1 asked=1");
}

TEST_F(PeerTellingTest, WhatIsTracedIsNotSaidBelow) {
  LogCapture const log{LogLevel::kDebug};
  SimNode& node = leech();
  teller(node);
  ASSERT_TRUE(until([&] { return node.complete(); }));

  EXPECT_EQ(log.count("pieces_checked"), 0u);
  EXPECT_EQ(log.count("idle_peers"), 0u);
}

TEST_F(PeerTellingTest, SayingTheSameAgainIsNoStep) {
  LogCapture const log{LogLevel::kInfo};
  SimNode& node = leech();
  SimPeer& chatty = guest(node, 1);
  for (int i = 0; i < 5; ++i) {
    chatty.say(net::Unchoke{});
    chatty.say(net::Interested{});
  }
  settle();

  EXPECT_EQ(log.count("peer_interested"), 1u);
  EXPECT_EQ(log.count("peer_unchoked"), 2u) << "it us, and we it";
}

// A peer that answers for another torrent, and a stranger that asks for one.
TEST_F(PeerTellingTest, AWrongInfoHashIsToldAndCounted) {
  SimPeer& answers = peer(1);
  answers.handshake().info_hash.fill(std::byte{7});
  answers.listen();
  LogCapture const log{LogLevel::kInfo};
  SimNode& node = leech({.peers = {answers.endpoint()}});
  ASSERT_TRUE(until([&] { return answers.closed(); }, 5s));
  EXPECT_EQ(node.torrent().stats().wrong_hash, 1u);

  SimPeer& asks = peer(2);
  asks.handshake().info_hash.fill(std::byte{9});
  asks.connect(node.endpoint());
  ASSERT_TRUE(until([&] { return asks.closed(); }, 5s));
  settle();

  EXPECT_EQ(node.torrent().stats().wrong_hash, 2u);
  EXPECT_THAT(log.lines_of("peer_wrong_hash"),
              ElementsAre(HasSubstr(" incoming=0 info_hash=0707"),
                          HasSubstr(" incoming=1 info_hash=0909")));
  EXPECT_THAT(log.lines_of("peer_closed"),
              ElementsAre(HasSubstr(" incoming=0 handshake=0 reason=wrong torrent"),
                          HasSubstr(" incoming=1 handshake=0 reason=wrong torrent")));
}

TEST_F(PeerTellingTest, WhereNobodyReadsNothingStandsBetweenAConnectionAndItsShard) {
  class Shard final : public net::PeerObserver {
    void on_handshake(net::PeerConnection&, net::Handshake const&) override {}
    void on_message(net::PeerConnection&, net::Message const&) override {}
    void on_block_in_place(net::PeerConnection&, net::PieceHeader const&) override {}
    void on_block_bytes(net::PeerConnection&, net::PieceHeader const&,
                        std::span<std::byte const>) override {}
    void on_read_batch_end(net::PeerConnection&) override {}
    void on_send_drained(net::PeerConnection&) override {}
    void on_closed(net::PeerConnection&, net::CloseReason, std::string_view) override {}
  } shard;
  PeerTable peers{0};
  PeerTelling telling{shard, peers, peer(1).loop()};

  EXPECT_EQ(&telling.observer(), &shard);
  {
    LogCapture const warnings{LogLevel::kWarn};
    EXPECT_EQ(&telling.observer(), &shard);
  }
  LogCapture const log{LogLevel::kInfo};
  EXPECT_EQ(&telling.observer(), &telling);
}

}  // namespace
}  // namespace btfast::test
