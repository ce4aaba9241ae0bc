#include "engine/torrent/torn_pieces.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>

#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;
using storage::FileMap;
using storage::FileStorage;

constexpr std::uint32_t kPiece = 16 * 1024;

// Piece 1 lies in a and b, piece 4 in b and a pad, pieces 0, 2 and 3 in one file each.
class TornPiecesTest : public testing::Test {
 protected:
  static FileMap map() {
    return FileMap{{{.path = "a", .length = kPiece * 3 / 2},
                    {.path = "b", .length = kPiece * 3},
                    {.path = ".pad", .length = kPiece / 2, .pad = true}}};
  }
  void SetUp() override {
    for (auto const* name : {"a", "b"}) {
      std::ofstream{dir_ / name};
      fs::resize_file(dir_ / name, map().file(FileIndex{*name == 'b'}).length);
    }
  }
  void write(char const* name, std::uint32_t at, std::size_t size, char byte = 't') const {
    std::fstream file{dir_ / name, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(at);
    file << std::string(size, byte);
  }
  struct Says {
    std::uint32_t half_written = 1;
    std::initializer_list<std::uint32_t> good = {};
    std::initializer_list<std::uint32_t> claimed = {};
  };
  bool explains(Says const& says) const {
    FileStorage files{dir_.path().string(), map()};
    EXPECT_TRUE(files.look());
    auto const geometry = *PieceGeometry::make(map().total_size(), kPiece);
    Bitfield good{geometry.piece_count()};
    TornPieces::Kill kill{Bitfield{geometry.piece_count()}, says.half_written};
    for (auto const piece : says.good) good.set(piece);
    for (auto const piece : says.claimed) kill.claimed.set(piece);
    TornPieces torn{files, geometry, good, kill};
    return torn.explain(FileIndex{0}) && torn.explain(FileIndex{1});
  }

  test::TempDir dir_;
};

TEST_F(TornPiecesTest, WhatIsBlankWasNeverWritten) {
  EXPECT_TRUE(explains({.half_written = 0}));

  write("b", 0, 3 * kPiece, '\0');
  EXPECT_TRUE(explains({.half_written = 0})) << "zeros that are no hole";
}

TEST_F(TornPiecesTest, APieceThatIsInOneOfItsFilesOnlyIsTorn) {
  write("a", kPiece, kPiece / 2);

  EXPECT_TRUE(explains({}));
  EXPECT_FALSE(explains({.half_written = 0}));
}

TEST_F(TornPiecesTest, APieceOfOneFileIsTornWhereOnlyItsBeginningIsThere) {
  write("b", kPiece / 2, kPiece / 2);
  EXPECT_TRUE(explains({}));

  write("b", kPiece / 2, kPiece - 5);
  EXPECT_FALSE(explains({}));
  EXPECT_TRUE(explains({.good = {2}}));
}

// Parts of a large piece are written as they come.
TEST_F(TornPiecesTest, APieceOfOneFileIsTornWhereAPageInItsMiddleIsBlank) {
  write("b", kPiece / 2, 4096);
  write("b", kPiece / 2 + 2 * 4096, 2 * 4096);

  EXPECT_TRUE(explains({}));
  EXPECT_FALSE(explains({.half_written = 0}));
}

// Nobody's kill leaves that: somebody's own bytes are in one of its files.
TEST_F(TornPiecesTest, APieceThatAllItsFilesHaveIsNotTorn) {
  write("a", kPiece, kPiece / 2);
  write("b", 0, kPiece / 2, 'u');

  EXPECT_FALSE(explains({.half_written = 9}));
}

TEST_F(TornPiecesTest, PaddingIsNoFile) {
  write("b", kPiece * 5 / 2, kPiece / 2);

  EXPECT_FALSE(explains({}));
}

TEST_F(TornPiecesTest, EachWorkerTearsOnePieceAtMost) {
  write("a", 0, 5);
  write("a", kPiece, kPiece / 2);

  EXPECT_TRUE(explains({.half_written = 2})) << "pieces 0 and 1";
  EXPECT_FALSE(explains({.half_written = 1}));

  write("b", kPiece * 3 / 2, 5);
  EXPECT_FALSE(explains({.half_written = 2})) << "and 3, of the other file";
  EXPECT_TRUE(explains({.half_written = 3}));
}

TEST_F(TornPiecesTest, WhatWasRightBeforeAKillIsRightAfterIt) {
  EXPECT_FALSE(explains({.claimed = {2}}));
  EXPECT_TRUE(explains({.good = {2}, .claimed = {2}}));
}

// The last page of a file is seldom a whole one, and a write ends before it.
TEST_F(TornPiecesTest, AWriteEndsBetweenPagesOfTheFileAndNotOfThePiece) {
  fs::resize_file(dir_ / "a", 0);
  std::ofstream{dir_ / "c"};
  constexpr std::uint32_t kLength = kPiece - 100;
  FileMap const map{{{.path = "c", .length = kLength}}};
  fs::resize_file(dir_ / "c", kLength);
  write("c", 0, 3 * 4096);
  FileStorage files{dir_.path().string(), map};
  ASSERT_TRUE(files.look());
  auto const geometry = *PieceGeometry::make(kLength, kPiece);
  Bitfield const good{1};
  TornPieces::Kill const kill{Bitfield{1}, 1};

  EXPECT_TRUE((TornPieces{files, geometry, good, kill}.explain(FileIndex{0})));
}

}  // namespace
}  // namespace btfast
