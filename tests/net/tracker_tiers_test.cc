#include "net/tracker/tracker_tiers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace btfast::net {
namespace {

using Kind = TrackerTiers::Step::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours{1}};

// The tracker to ask; fails when the tiers say anything else.
std::size_t ask_next(TrackerTiers& tiers, TimePoint now) {
  auto const step = tiers.next(now);
  EXPECT_EQ(step.kind, Kind::kAsk);
  tiers.asked(step.tracker, now);
  return step.tracker;
}

std::size_t ask_all_there_is_room_for(TrackerTiers& tiers, TimePoint now) {
  std::size_t count = 0;
  for (auto step = tiers.next(now); step.kind == Kind::kAsk; step = tiers.next(now), ++count) {
    tiers.asked(step.tracker, now);
  }
  return count;
}

TEST(TrackerTiers, ShufflesWithinATierOnly) {
  std::set<std::vector<std::size_t>> orders;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng{seed};
    TrackerTiers const tiers{{3, 1}, rng};
    orders.insert(tiers.order(0));
    EXPECT_EQ(tiers.order(1), std::vector<std::size_t>{3});
    EXPECT_EQ(tiers.tier_of(3), 1u);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(TrackerTiers, AsksTheNextTierOnlyWhenAWholeTierFailed) {
  Rng rng{1};
  TrackerTiers tiers{{2, 1}, rng};
  auto const first = ask_next(tiers, kStart);
  tiers.failed(first);
  auto const second = ask_next(tiers, kStart);
  EXPECT_EQ(tiers.tier_of(second), 0u);
  EXPECT_NE(first, second);

  tiers.failed(second);

  EXPECT_EQ(tiers.tier_of(ask_next(tiers, kStart)), 1u);
}

TEST(TrackerTiers, TheFirstToAnswerMovesToTheFrontOfItsTier) {
  Rng rng{1};
  TrackerTiers tiers{{3}, rng};
  auto const dead = ask_next(tiers, kStart);
  tiers.failed(dead);
  auto const good = ask_next(tiers, kStart);
  tiers.answered(good);
  EXPECT_EQ(tiers.next(kStart).kind, Kind::kSatisfied);

  tiers.begin_round(kStart, TrackerTiers::kCalm);

  EXPECT_EQ(ask_next(tiers, kStart), good);
}

TEST(TrackerTiers, ASlowerAnswerDoesNotTakeTheFront) {
  Rng rng{1};
  TrackerTiers tiers{{2}, rng};
  auto const slow = ask_next(tiers, kStart);
  auto const quick = ask_next(tiers, kStart + seconds{4});
  tiers.answered(quick);
  tiers.answered(slow);

  EXPECT_EQ(tiers.order(0).front(), quick);
}

TEST(TrackerTiers, ASilentTrackerIsJoinedByMoreOfItsTier) {
  Rng rng{1};
  TrackerTiers tiers{{30}, rng};
  tiers.begin_round(kStart, TrackerTiers::kHurried);

  EXPECT_EQ(ask_all_there_is_room_for(tiers, kStart), 1u);
  EXPECT_EQ(tiers.next(kStart).when, kStart + milliseconds{250});
  EXPECT_EQ(ask_all_there_is_room_for(tiers, kStart + milliseconds{249}), 0u);
  EXPECT_EQ(ask_all_there_is_room_for(tiers, kStart + milliseconds{250}), 3u);
  EXPECT_EQ(ask_all_there_is_room_for(tiers, kStart + milliseconds{500}), 12u);
  EXPECT_EQ(ask_all_there_is_room_for(tiers, kStart + milliseconds{750}), 14u);
}

TEST(TrackerTiers, ASilentTierHoldsUpTheNextForItsPatience) {
  for (auto const& pace : {TrackerTiers::kHurried, TrackerTiers::kCalm}) {
    Rng rng{1};
    TrackerTiers tiers{{1, 1}, rng};
    tiers.begin_round(kStart, pace);
    ask_next(tiers, kStart);

    auto const wait = tiers.next(kStart);
    ASSERT_EQ(wait.kind, Kind::kWait);
    EXPECT_EQ(wait.when, kStart + pace.tier_patience);

    EXPECT_EQ(ask_next(tiers, wait.when), 1u);
  }
}

// In whatever tiers they stand, and whichever of them is the one that lives.
TEST(TrackerTiers, HurriedAsksAllOfAnySilentCrowdWithinTwoSeconds) {
  std::vector<std::vector<std::size_t>> const crowds = {
      {88}, std::vector<std::size_t>(88, 1), {1, 87}, {87, 1}, {TrackerTiers::kSideBySide}};
  for (auto const& sizes : crowds) {
    Rng rng{1};
    TrackerTiers tiers{sizes, rng};
    tiers.begin_round(kStart, TrackerTiers::kHurried);
    std::size_t asked = 0;

    for (auto at = kStart; at < kStart + milliseconds{1'500}; at += milliseconds{10}) {
      asked += ask_all_there_is_room_for(tiers, at);
    }

    EXPECT_EQ(asked, tiers.size());
    EXPECT_EQ(tiers.next(kStart + milliseconds{1'500}).kind, Kind::kExhausted);
  }
}

TEST(TrackerTiers, NoMoreAreWaitedForAtOnceThanTheLimit) {
  Rng rng{1};
  TrackerTiers tiers{{TrackerTiers::kSideBySide + 10}, rng};
  tiers.begin_round(kStart, TrackerTiers::kHurried);
  std::size_t asked = 0;
  for (int i = 0; i < 10; ++i) {
    asked += ask_all_there_is_room_for(tiers, kStart + i * milliseconds{250});
  }
  EXPECT_EQ(asked, TrackerTiers::kSideBySide);

  auto const wait = tiers.next(kStart + seconds{3});
  ASSERT_EQ(wait.kind, Kind::kWait);
  EXPECT_EQ(wait.when, kStart + TrackerTiers::kPatience);

  EXPECT_EQ(ask_all_there_is_room_for(tiers, wait.when + seconds{1}), 10u);
}

// Somebody else must not wait for those who were silent before.
TEST(TrackerTiers, WideningDoesNotWaitForTheSilentAgain) {
  Rng rng{1};
  TrackerTiers tiers{{40, 2}, rng};
  tiers.begin_round(kStart, TrackerTiers::kHurried);
  auto const now = kStart + seconds{1};
  for (int i = 0; i < 39; ++i) ask_next(tiers, now);
  tiers.answered(ask_next(tiers, now));

  tiers.widen(now + seconds{1}, TrackerTiers::kCalm);

  EXPECT_EQ(tiers.tier_of(ask_next(tiers, now + seconds{1})), 1u);
}

TEST(TrackerTiers, WhoIsStillAskedIsNotAskedAgainInTheNextRound) {
  Rng rng{1};
  TrackerTiers tiers{{1, 1}, rng};
  auto const silent = ask_next(tiers, kStart);
  tiers.begin_round(kStart + seconds{20}, TrackerTiers::kHurried);

  EXPECT_NE(ask_next(tiers, kStart + seconds{20}), silent);
  EXPECT_EQ(tiers.next(kStart + seconds{20}).kind, Kind::kExhausted);
}

TEST(TrackerTiers, EndsWhenAllFailedAndAsksEachOnceARound) {
  Rng rng{1};
  TrackerTiers tiers{{2, 2}, rng};
  std::set<std::size_t> asked;
  for (int i = 0; i < 4; ++i) {
    auto const tracker = ask_next(tiers, kStart);
    asked.insert(tracker);
    tiers.failed(tracker);
  }

  EXPECT_EQ(asked.size(), 4u);
  EXPECT_EQ(tiers.next(kStart).kind, Kind::kExhausted);
}

TEST(TrackerTiers, WideningGoesOnPastAnAnswer) {
  Rng rng{1};
  TrackerTiers tiers{{1, 1}, rng};
  tiers.answered(ask_next(tiers, kStart));

  tiers.widen(kStart, TrackerTiers::kCalm);

  EXPECT_EQ(ask_next(tiers, kStart), 1u);
}

TEST(TrackerTiers, NoTrackersMeansNobodyToAsk) {
  Rng rng{1};
  TrackerTiers const tiers{{}, rng};

  EXPECT_EQ(tiers.next(kStart).kind, Kind::kExhausted);
}

}  // namespace
}  // namespace btfast::net
