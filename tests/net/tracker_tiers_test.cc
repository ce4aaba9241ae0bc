#include "net/tracker/tracker_tiers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace btfast::net {
namespace {

using Kind = TrackerTiers::Step::Kind;
using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours{1}};

// The tracker to ask; fails when the tiers say anything else.
std::size_t ask_next(TrackerTiers& tiers, TimePoint now) {
  auto const step = tiers.next(now);
  EXPECT_EQ(step.kind, Kind::kAsk);
  tiers.asked(step.tracker, now);
  return step.tracker;
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

  tiers.begin_round();

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

TEST(TrackerTiers, ASilentTrackerIsJoinedByTheNextOfItsTier) {
  Rng rng{1};
  TrackerTiers tiers{{2, 1}, rng};
  auto const silent = ask_next(tiers, kStart);

  auto const wait = tiers.next(kStart + seconds{1});
  ASSERT_EQ(wait.kind, Kind::kWait);
  EXPECT_EQ(wait.when, kStart + TrackerTiers::kHedge);
  auto const beside = ask_next(tiers, wait.when);

  EXPECT_NE(beside, silent);
  EXPECT_EQ(tiers.tier_of(beside), 0u);
}

TEST(TrackerTiers, ASilentTierCountsAsFailedInTheEnd) {
  Rng rng{1};
  TrackerTiers tiers{{1, 1}, rng};
  ask_next(tiers, kStart);

  auto const wait = tiers.next(kStart + TrackerTiers::kHedge);
  ASSERT_EQ(wait.kind, Kind::kWait);
  EXPECT_EQ(wait.when, kStart + TrackerTiers::kPatience);

  EXPECT_EQ(ask_next(tiers, wait.when), 1u);
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

  tiers.widen();

  EXPECT_EQ(ask_next(tiers, kStart), 1u);
}

TEST(TrackerTiers, NoTrackersMeansNobodyToAsk) {
  Rng rng{1};
  TrackerTiers const tiers{{}, rng};

  EXPECT_EQ(tiers.next(kStart).kind, Kind::kExhausted);
}

}  // namespace
}  // namespace btfast::net
