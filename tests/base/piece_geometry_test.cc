#include "engine/base/piece_geometry.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

TEST(PieceGeometry, CountsPiecesUpwards) {
  EXPECT_EQ(PieceGeometry::make(195137002, 16777216)->piece_count(), 12u);
  EXPECT_EQ(PieceGeometry::make(16384, 16384)->piece_count(), 1u);
  EXPECT_EQ(PieceGeometry::make(16385, 16384)->piece_count(), 2u);
}

TEST(PieceGeometry, RefusesSizesOutsideTheLimits) {
  EXPECT_FALSE(PieceGeometry::make(0, 16384));
  EXPECT_FALSE(PieceGeometry::make(1, 0));
  EXPECT_FALSE(PieceGeometry::make(1, std::uint64_t{limits::kPieceLength} + 1));
  EXPECT_FALSE(PieceGeometry::make(limits::kTotalBytes + 1, limits::kPieceLength));
  EXPECT_FALSE(PieceGeometry::make(std::uint64_t{limits::kPieces} + 1, 1));
  EXPECT_TRUE(PieceGeometry::make(limits::kPieces, 1));
}

TEST(PieceGeometry, PiecesCoverTheTorrentExactly) {
  for (std::uint64_t const total : {1ull, 16384ull, 100'000ull, 262'143ull, 262'145ull}) {
    auto const geometry = PieceGeometry::make(total, 40'000);
    ASSERT_TRUE(geometry);
    std::uint64_t at = 0;

    for (std::uint32_t p = 0; p < geometry->piece_count(); ++p) {
      EXPECT_EQ(geometry->piece_offset(PieceIndex{p}), at);
      EXPECT_EQ(geometry->piece_at(at), PieceIndex{p});
      std::uint32_t begin = 0;
      for (std::uint32_t b = 0; b < geometry->block_count(PieceIndex{p}); ++b) {
        auto const block = geometry->block(PieceIndex{p}, BlockIndex{b});
        EXPECT_EQ(block.begin, begin);
        EXPECT_EQ(geometry->exact_block(block), BlockIndex{b});
        begin += block.length;
      }
      EXPECT_EQ(begin, geometry->piece_size(PieceIndex{p}));
      at += begin;
    }
    EXPECT_EQ(at, total);
  }
}

TEST(PieceGeometry, RangesOfStrangersAreCheckedBeforeTheyExist) {
  auto const geometry = *PieceGeometry::make(100'000, 40'000);  // last piece: 20,000

  EXPECT_TRUE(geometry.range(2, 0, 20'000));
  EXPECT_FALSE(geometry.range(2, 0, 20'001));
  EXPECT_FALSE(geometry.range(2, 20'000, 1));
  EXPECT_FALSE(geometry.range(3, 0, 1));
  EXPECT_FALSE(geometry.range(0, 0, 0));
  EXPECT_FALSE(geometry.range(0, UINT32_MAX, UINT32_MAX));
  EXPECT_FALSE(geometry.range(std::uint64_t{1} << 32, 0, 1));
}

TEST(PieceGeometry, OnlyWholeAlignedBlocksAreExact) {
  auto const geometry = *PieceGeometry::make(100'000, 40'000);

  EXPECT_TRUE(geometry.exact_block(*geometry.range(0, 16384, 16384)));
  EXPECT_TRUE(geometry.exact_block(*geometry.range(0, 32768, 40'000 - 32768)));
  EXPECT_FALSE(geometry.exact_block(*geometry.range(0, 1, 16384)));
  EXPECT_FALSE(geometry.exact_block(*geometry.range(0, 0, 16383)));
}

}  // namespace
}  // namespace btfast
