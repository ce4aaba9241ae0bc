#include "engine/pieces/piece_counts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace btfast {
namespace {

TEST(PieceCountsTest, EachPieceIsInOneState) {
  PieceMap map{10};
  Bitfield wanted{10, true};
  wanted.reset(8);
  wanted.reset(9);
  std::vector<PieceClaim> claims;
  for (std::uint32_t p = 0; p < 6; ++p) claims.push_back(*map.try_claim(PieceIndex{p}));
  claims[0].begin_verify();
  (void)std::move(claims[5]).publish_have();
  auto unwanted = *map.try_claim(PieceIndex{9});
  (void)std::move(unwanted).publish_have();

  // Of the claimed ones two are whole, and of those a worker is at one.
  EXPECT_EQ(
      count_pieces(map, wanted, 2),
      (PieceCounts{
          .missing = 2, .fetching = 3, .waiting = 1, .verifying = 1, .have = 2, .skipped = 1}));
  EXPECT_TRUE(map.withdraw(PieceIndex{5}));
  EXPECT_EQ(count_pieces(map, wanted, 2).missing, 3u);
}

// The count of whole pieces is of another moment than the look at the map.
TEST(PieceCountsTest, ACountThatCannotBeDoesNotChangeTheSum) {
  PieceMap map{4};
  Bitfield const wanted{4, true};
  auto const claim = *map.try_claim(PieceIndex{1});

  EXPECT_EQ(count_pieces(map, wanted, 1000), (PieceCounts{.missing = 3, .waiting = 1}));
  EXPECT_EQ(count_pieces(map, wanted, 0), (PieceCounts{.missing = 3, .fetching = 1}));
}

TEST(PieceCountsTest, TheSumHoldsWhilePiecesMove) {
  constexpr std::uint32_t kPieces = 500;
  PieceMap map{kPieces};
  Bitfield const wanted{kPieces, true};
  std::atomic<bool> done{false};
  std::thread mover{[&] {
    for (std::uint32_t round = 0; round < 20; ++round) {
      for (std::uint32_t p = 0; p < kPieces; ++p) {
        auto claim = map.try_claim(PieceIndex{p});
        if (!claim) continue;
        claim->begin_verify();
        if (round == 19) (void)std::move(*claim).publish_have();
      }
    }
    done = true;
  }};
  while (!done) ASSERT_EQ(count_pieces(map, wanted, 3).sum(), kPieces);
  mover.join();

  EXPECT_EQ(count_pieces(map, wanted, 0), (PieceCounts{.have = kPieces}));
}

}  // namespace
}  // namespace btfast
