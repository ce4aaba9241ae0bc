#include "engine/download/endgame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRest = 32 - 8;  // blocks of pieces 2 to 7

class EndgameTest : public WireFixture {
 protected:
  // Has two pieces, has sent them at once, and has nothing to do.
  SimPeer& fast_one(SimNode& node) {
    SimPeer& fast = guest(node, 1);
    fast.on_message([&fast](net::Message const& message) {
      auto const* request = std::get_if<net::Request>(&message);
      if (request != nullptr && request->piece < 2) fast.say_block(*request);
    });
    fast.say_pieces({0, 1});
    fast.say(net::Unchoke{});
    EXPECT_TRUE(until([&] { return node.torrent().stats().pieces_have == 2; }));
    return fast;
  }
  // Has everything, and was asked for all that is left.
  SimPeer& steady_one(SimNode& node) {
    SimPeer& steady = giver(node, 2);
    steady.on_message([this](net::Message const& message) {
      auto const* cancel = std::get_if<net::Cancel>(&message);
      if (cancel != nullptr) cancelled_.insert({cancel->piece, cancel->begin});
    });
    EXPECT_TRUE(until([&] { return steady.requests().size() == kRest; }));
    return steady;
  }
  // The next that was not cancelled; false: there is none.
  bool give_next(SimPeer& steady) {
    for (; given_ < steady.requests().size(); ++given_) {
      auto const& request = steady.requests()[given_];
      if (cancelled_.contains({request.piece, request.begin})) continue;
      ++given_;
      steady.say_block(request);
      return true;
    }
    return false;
  }
  // Wants to help, and has not sent a block yet.
  SimPeer& idle_one(SimNode& node, std::uint8_t id) {
    SimPeer& idle = guest(node, id);
    idle.say_pieces({0, 1});
    idle.say(net::Unchoke{});
    return idle;
  }
  // All but two blocks of what it was asked for.
  void give_all_but_two(SimPeer& steady) {
    while (given_ < kRest - 2) {
      give_next(steady);
      world_.run_for(20ms);
    }
  }
  static void say_rest(SimPeer& peer) {
    for (std::uint32_t piece = 2; piece < 8; ++piece) peer.say(net::Have{.piece = piece});
  }

  std::set<std::pair<std::uint32_t, std::uint32_t>> cancelled_;
  std::size_t given_ = 0;
};

TEST_F(EndgameTest, AFasterPeerTakesWhatIsFarAndHardlyAnythingComesTwice) {
  SimNode& node = leech();
  SimPeer& fast = fast_one(node);
  SimPeer& steady = steady_one(node);
  for (int i = 0; i < 4; ++i) {
    give_next(steady);
    world_.run_for(100ms);
  }
  fast.serve();
  say_rest(fast);

  for (int tenth = 0; tenth < 20 && !node.complete(); ++tenth) {
    give_next(steady);
    world_.run_for(100ms);
  }

  EXPECT_TRUE(node.complete());
  EXPECT_LE(node.torrent().stats().wasted, 16 * kKiB);  // one that was under way
}

TEST_F(EndgameTest, WhatIsHereSoonIsAskedOnceAndWhatIsOverdueTwice) {
  SimNode& node = leech();
  SimPeer& fast = fast_one(node);
  SimPeer& steady = steady_one(node);
  give_all_but_two(steady);
  std::size_t const before = fast.requests().size();
  say_rest(fast);

  world_.run_for(200ms);
  EXPECT_EQ(fast.requests().size(), before);
  world_.run_for(400ms);
  EXPECT_EQ(fast.requests().size(), before + 2);

  // Who comes first saves the other the trouble.
  fast.say_block(fast.requests()[before]);
  world_.run_for(100ms);
  EXPECT_EQ(cancelled_.size(), 1u);
}

TEST_F(EndgameTest, WhereTheHelperFallsSilentAsWellOneMoreIsAsked) {
  SimNode& node = leech();
  SimPeer& fast = fast_one(node);
  SimPeer& third = idle_one(node, 3);
  give_all_but_two(steady_one(node));
  std::size_t const before = fast.requests().size();
  say_rest(fast);
  ASSERT_TRUE(until([&] { return fast.requests().size() == before + 2; }));
  say_rest(third);

  // As long as the helper gives, nobody else is asked.
  world_.run_for(200ms);
  fast.say_block(fast.requests()[before]);
  world_.run_for(200ms);
  EXPECT_TRUE(third.requests().empty());
  world_.run_for(300ms);
  ASSERT_EQ(third.requests().size(), 1u);

  third.serve();
  world_.run_for(300ms);
  EXPECT_TRUE(node.complete());
  EXPECT_EQ(fast.times_heard("cancel"), 1u);
  EXPECT_EQ(cancelled_.size(), 2u);
}

// Where nobody gives the path itself may pause; then all that was asked comes at once.
TEST_F(EndgameTest, EachThatIsAskedInVainMakesTheNextOneWaitLonger) {
  SimNode& node = leech();
  SimPeer& fast = fast_one(node);
  std::vector<SimPeer*> idle;
  for (std::uint8_t id = 3; id < 13; ++id) idle.push_back(&idle_one(node, id));
  give_all_but_two(steady_one(node));
  say_rest(fast);
  for (SimPeer* const peer : idle) say_rest(*peer);

  world_.run_for(12s);

  auto const asked = std::count_if(idle.begin(), idle.end(),
                                   [](SimPeer* peer) { return !peer->requests().empty(); });
  EXPECT_GE(asked, 3);
  EXPECT_LE(asked, 5);
}

}  // namespace
}  // namespace btfast::test
