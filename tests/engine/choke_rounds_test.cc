#include "engine/upload/choke_rounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/base/clock.h"
#include "tests/support/sim_network.h"
#include "tests/support/sim_reactor.h"

namespace btfast::test {
namespace {

ChokePeer wanting(std::uint16_t net_thread, std::uint32_t n, std::uint64_t bytes_down = 0) {
  return {.peer = {net_thread, n, 1}, .interested = true, .bytes_down = bytes_down};
}

class ChokeRoundsTest : public ::testing::Test {
 protected:
  // Rounds over two net threads; `slots` 0 is auto.
  void start(std::uint32_t slots) {
    EngineConfig config;
    config.upload_slots = slots;
    rounds_.emplace(loop_, config, 2,
                    ChokeRounds::Actions{
                        .ask = [this] { ++asked_; },
                        .apply = [this](auto const& unchoked) { applied_.push_back(unchoked); },
                        .set_slots = [this](auto count) { slots_.push_back(count); },
                        .seeding = [this] { return seeding_; }});
    rounds_->start();
  }
  void pass(Duration time) {
    clock_.advance(time);
    loop_.run_turn(Duration::zero());
  }
  // A round in which both threads answer.
  void round(std::vector<ChokePeer> const& of_first, std::vector<ChokePeer> const& of_second) {
    pass(Choker::kInterval);
    rounds_->on_snapshot(of_first);
    rounds_->on_snapshot(of_second);
  }
  bool unchoked(ChokePeer const& peer) const {
    auto const& last = applied_.back();
    return std::find(last.begin(), last.end(), peer.peer) != last.end();
  }

  ManualClock clock_;
  net::SimNetwork network_{clock_, 1};
  net::SimReactor reactor_{network_, net::Endpoint::ipv4({10, 0, 0, 1}, 0)};
  net::EventLoop loop_{reactor_, clock_};
  int asked_ = 0;
  bool seeding_ = false;
  std::vector<std::uint32_t> slots_;
  std::vector<std::vector<PeerHandle>> applied_;
  std::optional<ChokeRounds> rounds_;  // its timer ends before the loop
};

TEST_F(ChokeRoundsTest, AsksEveryTenSecondsAndNotBefore) {
  start(4);
  pass(Choker::kInterval - std::chrono::seconds{1});
  EXPECT_EQ(asked_, 0);

  pass(std::chrono::seconds{1});
  EXPECT_EQ(asked_, 1);
  pass(Choker::kInterval);
  EXPECT_EQ(asked_, 2);
}

TEST_F(ChokeRoundsTest, DecidesOnceAllNetThreadsHaveAnswered) {
  start(4);
  pass(Choker::kInterval);

  rounds_->on_snapshot(std::vector{wanting(0, 1)});
  EXPECT_TRUE(applied_.empty());
  rounds_->on_snapshot(std::vector{wanting(1, 1)});

  ASSERT_EQ(applied_.size(), 1u);
  EXPECT_TRUE(unchoked(wanting(0, 1)) && unchoked(wanting(1, 1)));
}

TEST_F(ChokeRoundsTest, TheBestOfAllThreadsGetTheFixedSlots) {
  start(2);
  ChokePeer const fast = wanting(1, 9, 900);

  round({wanting(0, 1, 100), wanting(0, 2, 200)}, {fast, wanting(1, 3, 300)});

  EXPECT_EQ(applied_.back().size(), 2u);
  EXPECT_TRUE(unchoked(fast));
}

TEST_F(ChokeRoundsTest, ARoundKnowsNothingOfThePeersOfTheLast) {
  start(4);
  round({wanting(0, 1)}, {wanting(1, 1)});

  round({wanting(0, 2)}, {});

  ASSERT_EQ(applied_.size(), 2u);
  EXPECT_EQ(applied_.back(), std::vector{wanting(0, 2).peer});
}

TEST_F(ChokeRoundsTest, AnUnansweredRoundIsDroppedByTheNext) {
  start(4);
  pass(Choker::kInterval);
  rounds_->on_snapshot(std::vector{wanting(0, 1)});

  round({wanting(0, 2)}, {wanting(1, 2)});

  ASSERT_EQ(applied_.size(), 1u);
  EXPECT_FALSE(unchoked(wanting(0, 1)));
  EXPECT_TRUE(unchoked(wanting(0, 2)) && unchoked(wanting(1, 2)));
}

TEST_F(ChokeRoundsTest, FixedSlotsAreSetAtOnceAndStayHoweverBusyTheyAre) {
  start(3);
  EXPECT_EQ(slots_, std::vector<std::uint32_t>{3});
  std::vector<ChokePeer> busy;
  for (std::uint32_t n = 0; n < 30; ++n) {
    busy.push_back(wanting(0, n));
    busy.back().unchoked = n < 3;
    busy.back().bytes_up = 1000;
  }

  for (int i = 0; i < 5; ++i) round(busy, {});

  EXPECT_TRUE(std::all_of(slots_.begin(), slots_.end(), [](auto count) { return count == 3; }));
  EXPECT_EQ(applied_.back().size(), 3u);
}

TEST_F(ChokeRoundsTest, AutoSlotsGrowWhileAllAreUsedAndMoreOfThemBringMore) {
  start(0);
  ASSERT_EQ(slots_.back(), SlotCount::kStart);
  std::uint64_t rate = 1'000;
  for (int i = 0; i < 4; ++i) {
    std::vector<ChokePeer> busy;
    rate *= 2;
    for (std::uint32_t n = 0; n < 30; ++n) {
      busy.push_back(wanting(0, n));
      busy.back().unchoked = n < slots_.back();
      busy.back().bytes_up = busy.back().unchoked ? rate : 0;
    }

    round(busy, {});
  }

  EXPECT_EQ(slots_.back(), SlotCount::kStart + 4);
  EXPECT_EQ(applied_.back().size(), slots_.back());
}

// The generous one is preferred by a leech; to a seed it is as good as any other.
TEST_F(ChokeRoundsTest, ASeedGivesTurnsWhereALeechRewards) {
  start(1);
  ChokePeer waited = wanting(0, 1);
  ChokePeer generous = wanting(1, 1, 1'000'000);
  generous.unchoked_since = clock_.now();

  seeding_ = true;
  round({waited}, {generous});

  EXPECT_EQ(applied_.back(), std::vector{waited.peer});
}

TEST_F(ChokeRoundsTest, ASeedIsLookedAtEverySecond) {
  seeding_ = true;
  start(4);

  for (int second = 1; second <= 5; ++second) {
    pass(std::chrono::seconds{1});
    EXPECT_EQ(asked_, second);
    rounds_->on_snapshot({});
    rounds_->on_snapshot({});
  }
}

// What it answers late is not mixed with answers to the next question.
TEST_F(ChokeRoundsTest, ASeedWaitsForANetThreadThatIsLate) {
  seeding_ = true;
  start(4);
  pass(std::chrono::seconds{1});
  rounds_->on_snapshot(std::vector{wanting(0, 1)});
  pass(std::chrono::seconds{1});
  pass(std::chrono::seconds{1});
  EXPECT_EQ(asked_, 1);

  rounds_->on_snapshot(std::vector{wanting(1, 1)});
  ASSERT_EQ(applied_.size(), 1u);
  EXPECT_EQ(applied_.back().size(), 2u);

  pass(std::chrono::seconds{1});
  EXPECT_EQ(asked_, 2);
}

TEST_F(ChokeRoundsTest, WhatAutoIsChangesAsSoonAsADownloadIsASeed) {
  start(0);
  ASSERT_EQ(slots_.back(), SlotCount::kStart);

  seeding_ = true;
  pass(std::chrono::seconds{1});
  EXPECT_EQ(slots_.back(), SeedSlots::kEveryone);

  std::vector<ChokePeer> many;
  for (std::uint32_t n = 0; n < 1000; ++n) many.push_back(wanting(0, n));
  rounds_->on_snapshot(many);
  rounds_->on_snapshot({});
  EXPECT_EQ(applied_.back().size(), 1000u);
}

TEST_F(ChokeRoundsTest, AfterStopNobodyIsAsked) {
  start(4);

  rounds_->stop();
  pass(3 * Choker::kInterval);

  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace btfast::test
