#include "engine/torrent/file_pieces.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace btfast {
namespace {

constexpr std::uint64_t kPiece = 16 * 1024;

class FilePiecesTest : public testing::Test {
 protected:
  std::pair<std::uint32_t, std::uint32_t> range(std::uint32_t file) const {
    auto const [begin, end] = pieces_of(map_, FileIndex{file}, geometry_);
    return {begin, end};
  }

  storage::FileMap const map_{
      {{"top/a", kPiece}, {"top/empty", 0}, {"top/b", 1}, {"top/c", 2 * kPiece}}};
  PieceGeometry const geometry_ = *PieceGeometry::make(map_.total_size(), kPiece);
};

TEST_F(FilePiecesTest, AFileLiesInThePiecesOfItsFirstAndItsLastByte) {
  EXPECT_EQ(range(0), (std::pair{0u, 1u}));
  EXPECT_EQ(range(2), (std::pair{1u, 2u}));
  EXPECT_EQ(range(3), (std::pair{1u, 4u}));
}

TEST_F(FilePiecesTest, AnEmptyFileLiesInNone) {
  auto const [begin, end] = range(1);

  EXPECT_EQ(begin, end);
  EXPECT_TRUE(covers(Bitfield{4}, pieces_of(map_, FileIndex{1}, geometry_)));
}

TEST_F(FilePiecesTest, ARangeIsCoveredWhenNoneOfItsPiecesIsMissing) {
  Bitfield pieces{4, true};
  pieces.reset(0);
  EXPECT_TRUE(covers(pieces, {1, 4}));

  pieces.reset(3);
  EXPECT_FALSE(covers(pieces, {1, 4}));
  EXPECT_TRUE(covers(pieces, {1, 3}));
}

}  // namespace
}  // namespace btfast
