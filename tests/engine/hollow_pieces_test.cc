#include "engine/torrent/hollow_pieces.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "engine/base/sha1.h"
#include "tests/support/file_faults.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;
using storage::FileMap;
using storage::FileStorage;

constexpr std::uint32_t kPiece = 64 * 1024;
constexpr std::uint32_t kPieces = 6;

// Four pieces of a, two of b.
class HollowPiecesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files_.prepare());
    for (std::uint32_t p = 0; p < kPieces; ++p) write(p, test::pattern(p * kPiece, kPiece));
  }
  void write(std::uint32_t piece, std::vector<std::byte> bytes) {
    iovec const buffer{bytes.data(), bytes.size()};
    ASSERT_TRUE(files_.write(std::uint64_t{piece} * kPiece, {&buffer, 1}));
    digests_[piece] = sha1(bytes);
    have_.set(piece);
  }
  std::vector<std::uint32_t> hollow() {
    Bitfield const pieces = hollow_pieces(files_, geometry_);
    std::vector<std::uint32_t> set;
    for (std::uint32_t p = 0; p < kPieces; ++p) {
      if (pieces.test(p)) set.push_back(p);
    }
    return set;
  }
  std::string loss() {
    auto const lost = find_hollow_loss(files_, files_, geometry_, digests_, have_);
    return lost ? lost->detail : "";
  }
  using Pieces = std::vector<std::uint32_t>;

  test::TempDir dir_;
  FileStorage files_{dir_.path().string(), FileMap{{{.path = "t/a", .length = 4 * kPiece},
                                                    {.path = "t/b", .length = 2 * kPiece}}}};
  PieceGeometry const geometry_ = *PieceGeometry::make(kPieces * kPiece, kPiece);
  std::vector<Sha1Digest> digests_ = std::vector<Sha1Digest>(kPieces);
  Bitfield have_{kPieces};
};

TEST_F(HollowPiecesTest, WhatWasWrittenHasNone) {
  EXPECT_EQ(hollow(), Pieces{});
  EXPECT_EQ(loss(), "");
}

TEST_F(HollowPiecesTest, AFileThatWasCutAndIsLongAgainHasLostWhatWasCut) {
  fs::resize_file(dir_ / "t/a", kPiece);
  write(3, test::pattern(3 * kPiece, kPiece));

  EXPECT_EQ(hollow(), (Pieces{1, 2}));
  EXPECT_EQ(loss().substr(0, loss().find(": ")), (dir_ / "t/a").string());
}

// What was cut of the page goes with it, and only behind the page there is a hole.
TEST_F(HollowPiecesTest, TheEndOfThePageInFrontOfAHoleIsLostToo) {
  fs::resize_file(dir_ / "t/a", 2 * kPiece - 100);
  write(3, test::pattern(3 * kPiece, kPiece));
  write(2, std::vector<std::byte>(kPiece));
  fs::resize_file(dir_ / "t/a", 2 * kPiece - 100);
  fs::resize_file(dir_ / "t/a", 4 * kPiece);
  digests_[3] = sha1(std::vector<std::byte>(kPiece));

  EXPECT_EQ(hollow(), (Pieces{2, 3})) << "both are zeros";
  EXPECT_NE(loss(), "") << "of piece 1";
}

TEST_F(HollowPiecesTest, AFileThatEndsInZerosItShouldNotHaveIsLost) {
  fs::resize_file(dir_ / "t/b", 2 * kPiece - 1);
  fs::resize_file(dir_ / "t/b", 2 * kPiece);
  ASSERT_NE(test::pattern(6 * kPiece - 1, 1)[0], std::byte{0});

  EXPECT_EQ(hollow(), Pieces{});
  EXPECT_EQ(loss().substr(0, loss().find(": ")), (dir_ / "t/b").string());
}

TEST_F(HollowPiecesTest, WhatWeDoNotHaveIsNotLost) {
  fs::resize_file(dir_ / "t/b", 0);
  fs::resize_file(dir_ / "t/b", 2 * kPiece);
  have_.reset(4);
  have_.reset(5);

  EXPECT_EQ(hollow(), (Pieces{4, 5}));
  EXPECT_EQ(loss(), "");
}

// Some file systems store no zeros.
TEST_F(HollowPiecesTest, ZerosThatAreRightAreNotLost) {
  for (std::uint32_t p : {4u, 5u}) write(p, std::vector<std::byte>(kPiece));
  fs::resize_file(dir_ / "t/b", 0);
  fs::resize_file(dir_ / "t/b", 2 * kPiece);

  EXPECT_EQ(hollow(), (Pieces{4, 5}));
  EXPECT_EQ(loss(), "");
}

TEST_F(HollowPiecesTest, ZerosThatAreAHoleAreRightAsTheyAre) {
  std::vector<std::byte> const zeros(kPiece);
  digests_[1] = digests_[3] = sha1(zeros);
  have_.reset(1);
  have_.reset(2);
  have_.reset(3);
  fs::resize_file(dir_ / "t/a", kPiece);
  fs::resize_file(dir_ / "t/a", 4 * kPiece);

  Bitfield pieces = zero_pieces(files_, geometry_, digests_, have_);
  EXPECT_TRUE(pieces.test(1) && pieces.test(3));
  EXPECT_EQ(pieces.count(), 2u) << "piece 2 is a hole, and to be something else";

  write(3, test::pattern(0, kPiece));
  digests_[3] = sha1(zeros);
  have_.reset(3);
  pieces = zero_pieces(files_, geometry_, digests_, have_);
  EXPECT_FALSE(pieces.test(3)) << "something is written there";
}

TEST_F(HollowPiecesTest, WhatNobodyAskedForIsNotMissed) {
  FileStorage::Options const without_a{.left_out = {true, false}};
  FileStorage files{(dir_ / "other").string(), files_.map(), without_a};
  fs::create_directory(dir_ / "other");
  fs::copy(dir_ / "t", dir_ / "other/t");
  ASSERT_TRUE(files.prepare());
  fs::remove(dir_ / "other/t/a");

  EXPECT_FALSE(find_hollow_loss(files, files, geometry_, digests_, have_));

  fs::resize_file(dir_ / "other/t/b", kPiece);
  fs::resize_file(dir_ / "other/t/b", 2 * kPiece);
  EXPECT_TRUE(find_hollow_loss(files, files, geometry_, digests_, have_));
}

TEST_F(HollowPiecesTest, HolesThatAreToBeZerosAreNotReadAtTheEnd) {
  digests_[4] = digests_[5] = sha1(std::vector<std::byte>(kPiece));
  fs::resize_file(dir_ / "t/b", 0);
  fs::resize_file(dir_ / "t/b", 2 * kPiece);
  using test::FileFaults;
  FileFaults const reads{FileFaults::Op::kRead, [](std::uint64_t) { return FileFaults::Fault{}; }};

  EXPECT_EQ(loss(), "");

  EXPECT_LE(reads.calls(FileFaults::Op::kRead), 2u) << "the last byte of each file";
}

}  // namespace
}  // namespace btfast
