#include "engine/upload/fresh_pieces.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace btfast {
namespace {

std::vector<std::uint32_t> take_all(FreshPieces& fresh) {
  std::vector<std::uint32_t> taken;
  while (auto const piece = fresh.take()) taken.push_back(piece->value);
  return taken;
}

TEST(FreshPieces, HasEachPieceOnceAndItsThreadsOwnFirst) {
  Rng rng{1};
  FreshPieces fresh{100, 1, 2, rng};

  auto const taken = take_all(fresh);

  ASSERT_EQ(taken.size(), 100u);
  EXPECT_EQ(std::set<std::uint32_t>(taken.begin(), taken.end()).size(), 100u);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(taken[i] % 2, 1u);
  EXPECT_TRUE(fresh.empty());
}

// Peers that say that they have all, and leave, again and again.
TEST(FreshPieces, NeverHasMorePiecesThanThereAre) {
  Rng rng{1};
  FreshPieces fresh{100, 0, 1, rng};

  for (int round = 0; round < 10; ++round) {
    for (std::uint32_t p = 0; p < 100; ++p) fresh.add(PieceIndex{p});
  }

  EXPECT_EQ(fresh.size(), 100u);
  EXPECT_EQ(take_all(fresh).size(), 100u);
}

TEST(FreshPieces, WhatWasTakenMayComeAgainAsTheLast) {
  Rng rng{1};
  FreshPieces fresh{3, 0, 1, rng};
  auto const first = fresh.take();
  ASSERT_TRUE(first.has_value());

  fresh.add(*first);

  EXPECT_EQ(take_all(fresh).back(), first->value);
}

}  // namespace
}  // namespace btfast
