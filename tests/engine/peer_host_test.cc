#include "engine/torrent/peer_host.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <vector>

#include "tests/engine/wire_fixture.h"
#include "tests/support/wire_bytes.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

class PeerHostTest : public WireFixture {
 protected:
  // Connected, and silent: no handshake of its own.
  std::unique_ptr<net::SimReactor> stranger(std::uint8_t host) {
    return std::make_unique<net::SimReactor>(world_.network(),
                                             net::Endpoint::ipv4({198, 51, 100, host}, 0));
  }
  // So many more of them, four of an address.
  void add_silent(SimNode& node, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 4 == 0) crowd_.push_back(stranger(static_cast<std::uint8_t>(crowd_.size() + 1)));
      EXPECT_TRUE(crowd_.back()->connect(node.endpoint(), {}).has_value());
    }
    settle();
  }

  std::vector<std::unique_ptr<net::SimReactor>> crowd_;
};

TEST_F(PeerHostTest, AStrangerThatNamesATorrentIsHandedOver) {
  SimNode& node = leech();
  SimPeer& visitor = guest(node, 1);

  settle();

  EXPECT_EQ(visitor.theirs().peer_id, node.id());
  EXPECT_EQ(visitor.theirs().info_hash, torrent_.metainfo->info_hash);
  EXPECT_EQ(node.torrent().dialer().connected_count(), 1u);
}

// What a tracker's NAT check does: it sends no peer id before it has seen ours.
TEST_F(PeerHostTest, AStrangerThatNamesATorrentAndSaysNoMoreIsAnswered) {
  SimNode& node = leech();
  auto const checker = stranger(1);
  auto const fd = checker->connect(node.endpoint(), {});
  ASSERT_TRUE(fd.has_value());
  settle();
  auto first = net::encode_handshake({.info_hash = torrent_.metainfo->info_hash});
  iovec const from{first.data(), net::kHandshakeTorrentBytes};
  ASSERT_EQ(checker->write(*fd, std::span{&from, 1}).kind, net::IoResult::Kind::kBytes);

  std::array<std::byte, 2 * net::kHandshakeBytes> heard{};
  std::size_t size = 0;
  EXPECT_TRUE(until(
      [&] {
        iovec const into{heard.data() + size, heard.size() - size};
        auto const io = checker->read(*fd, std::span{&into, 1});
        if (io.kind == net::IoResult::Kind::kBytes) size += io.bytes;
        return size >= net::kHandshakeBytes;
      },
      1s));
  EXPECT_EQ(size, net::kHandshakeBytes);
  auto const answer = net::decode_handshake(std::span{heard}.first<net::kHandshakeBytes>());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->peer_id, node.id());
}

TEST_F(PeerHostTest, AStrangerThatNamesAnotherTorrentIsClosedUnanswered) {
  SimNode& node = leech();
  SimPeer& lost = peer(1);
  lost.handshake().info_hash.fill(std::byte{7});
  lost.connect(node.endpoint());

  EXPECT_TRUE(until([&] { return lost.closed(); }, 5s));
  EXPECT_FALSE(lost.greeted());
  EXPECT_EQ(node.open_sockets(), 0u);
}

TEST_F(PeerHostTest, AStrangerThatSaysNothingIsClosedAfterTheHandshakeTime) {
  SimNode& node = leech();
  auto const silent = stranger(1);
  ASSERT_TRUE(silent->connect(node.endpoint(), {}).has_value());
  ASSERT_TRUE(until([&] { return node.open_sockets() == 1; }, 5s));

  world_.run_for(limits::kHandshakeTimeout - 2s);
  EXPECT_EQ(node.open_sockets(), 1u);

  EXPECT_TRUE(until([&] { return node.open_sockets() == 0; }, 5s));
}

TEST_F(PeerHostTest, TheHandshakeTimeIsTheOneThatWasSet) {
  SimNode& node = leech({.peer_times = {.handshake = 3s}});
  auto const silent = stranger(1);
  ASSERT_TRUE(silent->connect(node.endpoint(), {}).has_value());
  ASSERT_TRUE(until([&] { return node.open_sockets() == 1; }, 2s));

  EXPECT_TRUE(until([&] { return node.open_sockets() == 0; }, 4s));
}

TEST_F(PeerHostTest, JunkIsClosedAtItsFirstWrongByte) {
  SimNode& node = leech();
  auto const browser = stranger(1);
  auto const fd = browser->connect(node.endpoint(), {});
  ASSERT_TRUE(fd.has_value());
  ASSERT_TRUE(until([&] { return node.open_sockets() == 1; }, 5s));
  settle();
  auto junk = text_bytes("GET / HTTP/1.1\r\n\r\n");
  iovec const from{junk.data(), junk.size()};
  ASSERT_EQ(browser->write(*fd, std::span{&from, 1}).kind, net::IoResult::Kind::kBytes);

  EXPECT_TRUE(until([&] { return node.open_sockets() == 0; }, 2s));
}

TEST_F(PeerHostTest, AllWhoComeAtOnceAreHeard) {
  SimNode& node = leech({.max_peers = 250});
  std::vector<SimPeer*> burst;
  for (std::uint8_t id = 1; id <= 2 * limits::kHalfOpen; ++id) burst.push_back(&peer(id));
  for (SimPeer* each : burst) each->connect(node.endpoint());
  settle();

  for (SimPeer const* each : burst) EXPECT_TRUE(each->greeted());
}

TEST_F(PeerHostTest, WhoHadTimeToGreetAndDidNotMakesRoom) {
  SimNode& node = leech();
  add_silent(node, limits::kHalfOpen);
  world_.run_for(PeerHost::kTimeToGreet);

  add_silent(node, limits::kHalfOpen);

  EXPECT_EQ(node.open_sockets(), static_cast<std::size_t>(limits::kHalfOpen));
}

TEST_F(PeerHostTest, SilentStrangersAreBoundedAndDoNotKeepOthersOut) {
  SimNode& node = leech();
  add_silent(node, PeerHost::kStrangersMax + 20);
  EXPECT_EQ(node.open_sockets(), PeerHost::kStrangersMax);

  SimPeer& honest = guest(node, 1);
  settle();

  EXPECT_TRUE(honest.greeted());
}

TEST_F(PeerHostTest, OneAddressHasNoMoreThanItsShareOfStrangers) {
  SimNode& node = leech();
  auto const crowd = stranger(1);

  for (int i = 0; i < 2 * limits::kPeersPerAddress; ++i) {
    ASSERT_TRUE(crowd->connect(node.endpoint(), {}).has_value());
  }
  settle();

  EXPECT_EQ(node.open_sockets(), static_cast<std::size_t>(limits::kPeersPerAddress));
}

TEST_F(PeerHostTest, AStoppedTorrentAnswersNobody) {
  SimNode& node = leech();
  node.stop();
  ASSERT_TRUE(until([&] { return node.stopped(); }, 5s));
  SimPeer& late = peer(1);
  late.connect(node.endpoint());

  EXPECT_TRUE(until([&] { return late.closed(); }, 5s));
  EXPECT_FALSE(late.greeted());
}

}  // namespace
}  // namespace btfast::test
