#include "engine/upload/seed_slots.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace btfast {
namespace {

using std::chrono::seconds;

// Peers that each take up to `each` bytes a second of an uplink that gives `uplink` in all.
struct Swarm {
  std::size_t wanting = 0;
  double each = 0;
  double uplink = 0;
};

class SeedSlotsTest : public ::testing::Test {
 protected:
  // Looks once a second; what was given of what could have been.
  double pass(SeedSlots& slots, Swarm const& swarm, int looks) {
    double given = 0;
    for (int i = 0; i < looks; ++i) {
      now_ += seconds{1};
      std::size_t const unchoked = std::min<std::size_t>(swarm.wanting, slots.slots());
      double const rate = std::min(swarm.uplink, static_cast<double>(unchoked) * swarm.each);
      slots.on_look({.bytes = static_cast<std::uint64_t>(rate),
                     .unchoked = unchoked,
                     .fetching = unchoked,
                     .wanting = swarm.wanting},
                    now_);
      given += rate;
    }
    double const could = std::min(swarm.uplink, static_cast<double>(swarm.wanting) * swarm.each);
    return given / (could * looks);
  }

  TimePoint now_{std::chrono::hours{1}};
};

constexpr double kMbps = 1e6;

TEST_F(SeedSlotsTest, EveryoneIsServedWhileEachGetsAGoodShare) {
  SeedSlots slots{0};

  EXPECT_DOUBLE_EQ(pass(slots, {1000, 2 * kMbps, 500 * kMbps}, 600), 1);
  EXPECT_EQ(slots.slots(), SeedSlots::kEveryone);
}

TEST_F(SeedSlotsTest, OfAKnownLimitFewPeersHaveLargeShares) {
  SeedSlots slots{1'000'000};

  EXPECT_GT(pass(slots, {1000, 2 * kMbps, kMbps}, 120), 0.999);

  EXPECT_NEAR(slots.slots(), kMbps / SeedSlots::kShare, 5);
}

TEST_F(SeedSlotsTest, OfATinyLimitAFewAreServedAllTheSame) {
  SeedSlots slots{20'000};

  pass(slots, {100, kMbps, 20'000}, 120);

  EXPECT_EQ(slots.slots(), SeedSlots::kFloor);
}

TEST_F(SeedSlotsTest, AnUplinkOfUnknownWidthIsFoundWithoutLosingAny) {
  SeedSlots slots{0};

  EXPECT_GT(pass(slots, {1000, 2 * kMbps, 3 * kMbps}, 600), 0.999);

  EXPECT_NEAR(slots.slots(), 3 * kMbps / SeedSlots::kShare, 20);
}

// The peers are slow and the uplink is not: fewer of them take less, and that is seen soon.
TEST_F(SeedSlotsTest, ManySlowPeersAreAllServed) {
  SeedSlots unlimited{0};
  EXPECT_GT(pass(unlimited, {1000, 0.01 * kMbps, 500 * kMbps}, 3600), 0.99);

  SeedSlots limited{8'000'000};
  EXPECT_GT(pass(limited, {1000, 0.01 * kMbps, 8 * kMbps}, 3600), 0.98);
}

TEST_F(SeedSlotsTest, AnUplinkThatIsFreeAgainServesMore) {
  SeedSlots slots{0};
  pass(slots, {1000, 2 * kMbps, kMbps}, 600);
  ASSERT_LT(slots.slots(), 100u);

  pass(slots, {1000, 2 * kMbps, 50 * kMbps}, 600);

  EXPECT_GT(slots.slots(), 400u);
}

TEST_F(SeedSlotsTest, PeersThatTakeNothingAtAllLimitNobody) {
  SeedSlots slots{0};

  now_ += seconds{1};
  for (int i = 0; i < 100; ++i) {
    slots.on_look({.bytes = 0, .unchoked = 500, .fetching = 0, .wanting = 500}, now_);
    now_ += seconds{1};
  }

  EXPECT_EQ(slots.slots(), SeedSlots::kEveryone);
}

// Five fetch fast, and hundreds are interested and ask for nothing.
TEST_F(SeedSlotsTest, OnlyThoseThatFetchCount) {
  SeedSlots slots{0};

  for (int i = 0; i < 100; ++i) {
    slots.on_look({.bytes = 5'000'000, .unchoked = 500, .fetching = 5, .wanting = 500}, now_);
    now_ += seconds{1};
  }

  EXPECT_EQ(slots.slots(), SeedSlots::kEveryone);
}

}  // namespace
}  // namespace btfast
