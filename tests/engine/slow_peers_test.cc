#include "engine/download/slow_peers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBlocks = 32;

// The first two pieces show how fast a peer is; the others are what the test is about.
constexpr std::size_t kRest = kBlocks - 8;

class SlowPeersTest : public WireFixture {
 protected:
  // Has two pieces and has sent them.
  SimPeer& proven(SimNode& node, std::uint8_t id) {
    SimPeer& fast = guest(node, id);
    fast.on_message([&fast](net::Message const& message) {
      auto const* request = std::get_if<net::Request>(&message);
      if (request != nullptr && request->piece < 2) fast.say_block(*request);
    });
    fast.say_pieces({0, 1});
    fast.say(net::Unchoke{});
    EXPECT_TRUE(until([&] { return node.torrent().stats().pieces_have == 2; }));
    return fast;
  }
  // Has everything, was asked for all that is left, and answers nothing.
  SimPeer& debtor(SimNode& node, std::uint8_t id) {
    SimPeer& slow = giver(node, id);
    EXPECT_TRUE(until([&] { return slow.requests().size() == kRest; }));
    return slow;
  }
  static void say_rest(SimPeer& peer) {
    for (std::uint32_t piece = 2; piece < 8; ++piece) peer.say(net::Have{.piece = piece});
  }
  // `slow` answers its requests in order, one each 400 ms.
  void run_with_slow(SimPeer& slow, int answers) {
    for (int i = 0; i < answers; ++i) {
      slow.say_block(slow.requests()[static_cast<std::size_t>(i)]);
      world_.run_for(400ms);
    }
  }
};

// The endgame alone cancels what is done, and nothing is by then.
TEST_F(SlowPeersTest, AProvenPeerTakesOverNearlyAllThatASilentOneOwes) {
  SimNode& node = leech();
  SimPeer& fast = proven(node, 1);
  SimPeer& silent = debtor(node, 2);
  say_rest(fast);

  for (std::size_t next = 8; next < 23; ++next) {  // three seconds
    if (next < fast.requests().size()) fast.say_block(fast.requests()[next]);
    world_.run_for(200ms);
  }

  EXPECT_GE(silent.times_heard("cancel "), kRest - 2);
  EXPECT_FALSE(node.complete());
}

TEST_F(SlowPeersTest, ASlowPeerKeepsTwoSecondsWorthAndIsAskedForNoMoreMeanwhile) {
  SimNode& node = leech();
  SimPeer& fast = proven(node, 1);
  SimPeer& slow = debtor(node, 2);
  run_with_slow(slow, 4);
  say_rest(fast);

  world_.run_for(300ms);

  auto const taken = slow.times_heard("cancel ");
  EXPECT_GE(taken, kRest - 4 - 6);
  EXPECT_LE(taken, kRest - 4 - 2);
  EXPECT_EQ(slow.requests().size(), kRest);
}

TEST_F(SlowPeersTest, NothingIsTakenForAPeerThatDoesNotHaveIt) {
  SimNode& node = leech();
  (void)proven(node, 1);
  SimPeer& slow = debtor(node, 2);

  run_with_slow(slow, 5);

  EXPECT_EQ(slow.times_heard("cancel "), 0u);
}

TEST_F(SlowPeersTest, PeersOfOneSpeedLeaveEachOtherAlone) {
  SimNode& node = leech();
  SimPeer& one = giver(node, 1);
  SimPeer& other = giver(node, 2);
  one.serve();
  other.serve();

  ASSERT_TRUE(until([&] { return node.complete(); }));

  EXPECT_EQ(one.times_heard("cancel ") + other.times_heard("cancel "), 0u);
  EXPECT_EQ(node.torrent().stats().wasted, 0u);
}

}  // namespace
}  // namespace btfast::test
