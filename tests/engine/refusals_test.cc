#include "engine/swarm/refusals.h"

#include <gtest/gtest.h>

#include <vector>

namespace btfast {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart = TimePoint{} + std::chrono::hours{1};

TEST(Refusals, ARefusedPieceIsLeftAloneForAWhileAndOthersAreNot) {
  Refusals refusals;

  refusals.on_reject(PieceIndex{3}, kStart);

  EXPECT_TRUE(refusals.refuses(PieceIndex{3}, kStart + Refusals::kPieceRest - 1ms));
  EXPECT_FALSE(refusals.refuses(PieceIndex{3}, kStart + Refusals::kPieceRest));
  EXPECT_FALSE(refusals.refuses(PieceIndex{4}, kStart));
}

TEST(Refusals, ABatchOfRejectsIsOneRest) {
  Refusals refusals;

  for (std::uint32_t i = 0; i < 50; ++i) refusals.on_reject(PieceIndex{i / 16}, kStart);

  EXPECT_TRUE(refusals.resting(kStart + Refusals::kRestMin - 1ms));
  EXPECT_FALSE(refusals.resting(kStart + Refusals::kRestMin));
}

TEST(Refusals, RestsDoubleUpToABoundWhileNothingComes) {
  Refusals refusals;
  TimePoint now = kStart;
  std::vector<Duration> rests;

  for (std::uint32_t i = 0; i < 20; ++i) {
    refusals.on_reject(PieceIndex{i}, now);
    TimePoint const asked = now;
    while (refusals.resting(now)) now += 50ms;
    rests.push_back(now - asked);
  }

  EXPECT_EQ(rests[0], Duration{Refusals::kRestMin});
  EXPECT_EQ(rests[1], 2 * rests[0]);
  EXPECT_EQ(rests[4], 16 * rests[0]);
  EXPECT_EQ(rests.back(), Duration{Refusals::kRestMax});
}

TEST(Refusals, ABlockEndsTheRest) {
  Refusals refusals;
  refusals.on_reject(PieceIndex{1}, kStart);
  refusals.on_reject(PieceIndex{2}, kStart + 1s);

  refusals.on_block();

  EXPECT_FALSE(refusals.resting(kStart + 1s));
  refusals.on_reject(PieceIndex{3}, kStart + 2s);
  EXPECT_FALSE(refusals.resting(kStart + 2s + Refusals::kRestMin));
}

TEST(Refusals, RemembersABoundedNumberTheNewest) {
  Refusals refusals;

  for (std::uint32_t i = 0; i <= Refusals::kPieces; ++i) refusals.on_reject(PieceIndex{i}, kStart);

  EXPECT_FALSE(refusals.refuses(PieceIndex{0}, kStart));
  EXPECT_TRUE(refusals.refuses(PieceIndex{1}, kStart));
  EXPECT_TRUE(refusals.refuses(PieceIndex{Refusals::kPieces}, kStart));
}

}  // namespace
}  // namespace btfast
