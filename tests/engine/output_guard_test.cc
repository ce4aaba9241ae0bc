#include "engine/torrent/output_guard.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;
using storage::FileMap;
using storage::FileStorage;

constexpr std::uint32_t kPiece = 16 * 1024;

// Pieces 0 and 1 are of a, 1 to 4 of b, 4 of c; nothing of the empty one.
class OutputGuardTest : public testing::Test {
 protected:
  static FileMap map() {
    return FileMap{{{.path = "top/a", .length = kPiece * 3 / 2},
                    {.path = "top/b", .length = kPiece * 3},
                    {.path = "top/empty", .length = 0},
                    {.path = "top/c", .length = kPiece / 2}}};
  }
  void plant(char const* name, std::uint64_t size) const {
    fs::create_directories(dir_ / "top");
    auto const bytes = test::pattern(0, size);
    std::ofstream{dir_ / "top" / name, std::ios::binary}.write(
        reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(size));
  }
  struct Says {
    std::initializer_list<std::uint32_t> good = {};
    std::vector<Vouch> vouched = {};
    bool overwrite = false;
    std::vector<bool> left_out = {};
    std::optional<FileIndex> to_be_filled = {};
  };
  Outcome ask(Says const& says) {
    files_ = std::make_unique<FileStorage>(dir_.path().string(), map(),
                                           FileStorage::Options{.left_out = says.left_out});
    EXPECT_TRUE(files_->look());
    if (says.to_be_filled) files_->note_to_be_filled(*says.to_be_filled, false, true);
    auto const geometry = *PieceGeometry::make(map().total_size(), kPiece);
    Bitfield good{geometry.piece_count()};
    for (auto const piece : says.good) good.set(piece);
    return guard_output(*files_, {geometry, good, says.vouched, {}, says.overwrite, "go away"});
  }
  std::string refusal(Says const& says) {
    auto const asked = ask(says);
    return asked ? "" : asked.error().detail;
  }
  std::string path(char const* name) const { return (dir_ / "top" / name).string(); }

  test::TempDir dir_;
  std::unique_ptr<FileStorage> files_;
};

TEST_F(OutputGuardTest, WhereNothingStandsNothingIsRefused) { EXPECT_TRUE(ask({})); }

TEST_F(OutputGuardTest, AFileWithoutARightPieceIsNamed) {
  plant("b", kPiece);

  auto const asked = ask({.good = {0}});

  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, Errc::kUnsafePath);
  EXPECT_TRUE(asked.error().detail.starts_with(path("b") + ":")) << asked.error().detail;
  EXPECT_TRUE(asked.error().detail.ends_with("; go away")) << asked.error().detail;
}

TEST_F(OutputGuardTest, ARightBlockInOneStretchMakesItOurs) {
  plant("b", 3 * kPiece);

  EXPECT_TRUE(ask({.good = {2}}));
  EXPECT_TRUE(ask({.good = {3}}));
  for (std::uint32_t const half : {1u, 4u}) EXPECT_NE(refusal({.good = {half}}), "") << half;
}

TEST_F(OutputGuardTest, RightZerosAreInManyFiles) {
  plant("b", 0);
  fs::resize_file(path("b"), 3 * kPiece - 1);

  EXPECT_NE(refusal({.good = {1, 2, 3}}), "");
}

TEST_F(OutputGuardTest, AFileSmallerThanAPieceNeedsItsNeighboursToBeRight) {
  plant("b", 3 * kPiece);
  plant("c", kPiece / 2);

  EXPECT_NE(refusal({.good = {2, 3}}), "");
  EXPECT_TRUE(ask({.good = {2, 4}}));
}

TEST_F(OutputGuardTest, EmptyFilesAndSpaceForThemAreHarmless) {
  plant("a", 0);
  plant("b", 0);
  fs::resize_file(path("b"), 3 * kPiece);

  EXPECT_TRUE(ask({}));

  fs::resize_file(path("b"), 2 * kPiece);
  EXPECT_NE(refusal({}), "") << "no start of ours leaves it so";
}

TEST_F(OutputGuardTest, BytesWhereTheTorrentHasNoneAreNotOurs) {
  plant("empty", 1);

  EXPECT_NE(refusal({.good = {0, 1, 2, 3, 4}}), "");
}

TEST_F(OutputGuardTest, ALongerFileIsNotOursHoweverRightItIs) {
  plant("c", kPiece / 2 + 1);

  EXPECT_NE(refusal({.good = {4}, .vouched = {Vouch::kNo, Vouch::kNo, Vouch::kNo, Vouch::kYes}}),
            "");
}

TEST_F(OutputGuardTest, WhatIsVouchedForIsOurs) {
  plant("b", 3 * kPiece);

  EXPECT_TRUE(ask({.vouched = {Vouch::kNo, Vouch::kYes, Vouch::kNo, Vouch::kNo}}));
  EXPECT_NE(refusal({.vouched = {Vouch::kYes, Vouch::kNo, Vouch::kYes, Vouch::kYes}}), "");
  EXPECT_NE(refusal({.vouched = {Vouch::kNo, Vouch::kIfTorn, Vouch::kNo, Vouch::kNo}}), "")
      << "no kill leaves that";
}

TEST_F(OutputGuardTest, WhoInsistsMay) {
  plant("b", 4 * kPiece);
  plant("c", 3);

  EXPECT_TRUE(ask({.overwrite = true}));
}

// All is right by what the part file has of it: what stands there is judged by itself.
TEST_F(OutputGuardTest, WhatIsToBeFilledHasToBeOursAlready) {
  plant("b", 3 * kPiece);
  FileIndex const file{1};

  EXPECT_TRUE(ask({.good = {2, 4}, .to_be_filled = file})) << "a right block is in it";
  EXPECT_TRUE(ask({.good = {1, 2, 4}, .to_be_filled = file}));
  EXPECT_NE(refusal({.good = {4}, .to_be_filled = file}), "");
  EXPECT_NE(refusal({.good = {1, 4}, .to_be_filled = file}), "") << "half a block is its own";
  EXPECT_TRUE(ask({.good = {4}, .overwrite = true, .to_be_filled = file}));
}

TEST_F(OutputGuardTest, WhatIsToBeFilledIsRefusedWhereItHasOtherNames) {
  plant("b", 3 * kPiece);
  fs::create_hard_link(path("b"), path("other"));

  EXPECT_TRUE(ask({.good = {1, 2, 3, 4}}));
  EXPECT_NE(refusal({.good = {1, 2, 3, 4}, .to_be_filled = FileIndex{1}}), "");
}

TEST_F(OutputGuardTest, AllOfThemAreCounted) {
  for (auto const* name : {"a", "b", "c"}) plant(name, 5);

  EXPECT_NE(refusal({}).find("and 2 more"), std::string::npos) << refusal({});
}

TEST_F(OutputGuardTest, ANotWantedFileThatIsNotOursIsDisowned) {
  plant("b", 3 * kPiece);

  for (bool const overwrite : {false, true}) {
    EXPECT_TRUE(
        ask({.good = {0}, .overwrite = overwrite, .left_out = {false, true, false, false}}));
    EXPECT_FALSE(files_->is_ours(FileIndex{1}));
  }
  EXPECT_TRUE(ask({.good = {1, 2, 4}, .left_out = {false, true, false, false}}));
  EXPECT_TRUE(files_->is_ours(FileIndex{1}));
}

TEST_F(OutputGuardTest, ALinkIsOursOnlyWhenAllOfItIsRight) {
  plant("store", 3 * kPiece);
  fs::create_symlink("store", path("b"));

  EXPECT_TRUE(ask({.good = {1, 2, 3, 4}}));
  for (bool const overwrite : {false, true}) {
    auto const asked = ask({.good = {1, 2, 3}, .overwrite = overwrite});
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, Errc::kUnsafePath);
    EXPECT_NE(asked.error().detail.find(path("b")), std::string::npos);
    EXPECT_EQ(asked.error().detail.find("go away"), std::string::npos) << "insisting is no use";
  }
}

TEST_F(OutputGuardTest, AFileWithOtherNamesIsOursOnlyWhenAllOfItIsRight) {
  plant("store", 3 * kPiece);
  fs::create_hard_link(path("store"), path("b"));
  std::vector<Vouch> const vouched{Vouch::kNo, Vouch::kYes, Vouch::kNo, Vouch::kNo};

  EXPECT_TRUE(ask({.good = {1, 2, 3, 4}}));
  for (bool const overwrite : {false, true}) {
    auto const asked = ask({.good = {1, 2, 4}, .vouched = vouched, .overwrite = overwrite});
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, Errc::kUnsafePath);
    EXPECT_TRUE(asked.error().detail.starts_with(path("b") + ": has other names (hard links)"));
    EXPECT_EQ(asked.error().detail.find("go away"), std::string::npos) << "insisting is no use";
  }
  EXPECT_TRUE(ask({.good = {1, 2, 3}, .left_out = {false, true, false, false}}));
  EXPECT_FALSE(files_->is_ours(FileIndex{1})) << "what pieces have of it goes elsewhere";
}

// As a download is used for another torrent in which its neighbour differs: it is kept as it is.
TEST_F(OutputGuardTest, OfAFileWithOtherNamesThePiecesItSharesMayBeMissing) {
  plant("store", 3 * kPiece);
  fs::create_hard_link(path("store"), path("b"));

  EXPECT_TRUE(ask({.good = {2, 3}}));
  EXPECT_TRUE(files_->prepare());
  EXPECT_EQ(fs::hard_link_count(path("b")), 2u);
  EXPECT_NE(refusal({.good = {2, 4}}), "") << "a piece of its own is wrong";
  fs::resize_file(path("store"), 3 * kPiece - 1);
  EXPECT_NE(refusal({.good = {2, 3}}), "");
}

TEST_F(OutputGuardTest, AnEmptyFileWithOtherNamesIsNotFilled) {
  plant("store", 0);
  fs::create_hard_link(path("store"), path("b"));

  EXPECT_NE(refusal({}), "");
  EXPECT_NE(refusal({.overwrite = true}), "");
}

TEST_F(OutputGuardTest, WhatWouldBeMadeBehindALinkIsRefused) {
  fs::create_directory(dir_ / "elsewhere");
  fs::create_directory_symlink("elsewhere", dir_ / "top");

  EXPECT_NE(refusal({.overwrite = true}).find(path("a")), std::string::npos);
}

// A control file was lost, and of the file less than a block is right: but there is nothing else.
TEST_F(OutputGuardTest, RightBytesAndZerosHaveNothingToLose) {
  plant("c", 100);
  auto const path = dir_ / "top" / "c";
  fs::resize_file(path, kPiece / 2);
  EXPECT_EQ(refusal({.good = {4}}), "") << "all of it is right";
  plant("a", 100);
  fs::resize_file(dir_ / "top" / "a", kPiece * 3 / 2);
  EXPECT_EQ(refusal({.good = {0, 4}}), "");
  EXPECT_NE(refusal({.good = {1, 4}}), "") << "what is there is of piece 0, which is wrong";
}

TEST_F(OutputGuardTest, ZerosAloneMayBeSomebodysEmptyDisk) {
  fs::create_directories(dir_ / "top");
  std::ofstream{dir_ / "top" / "a"} << std::string(kPiece * 3 / 2, '\0');

  EXPECT_NE(refusal({.good = {0}}), "");
}

// b is ours by its middle, and pieces 1 and 4 are to come with a and c.
TEST_F(OutputGuardTest, AFileLeftOutKeepsWhatStandsWhereAPieceReachesIntoIt) {
  std::vector<bool> const left_out{false, true, false, false};
  plant("b", 3 * kPiece);

  EXPECT_TRUE(ask({.good = {2, 3}, .left_out = left_out}));
  EXPECT_FALSE(files_->is_ours(FileIndex{1}));

  EXPECT_TRUE(ask({.good = {1, 2, 3, 4}, .left_out = left_out}));
  EXPECT_TRUE(files_->is_ours(FileIndex{1})) << "all is right there";

  EXPECT_TRUE(ask({.good = {2, 3},
                   .vouched = {Vouch::kNo, Vouch::kYes, Vouch::kNo, Vouch::kNo},
                   .left_out = left_out}));
  EXPECT_TRUE(files_->is_ours(FileIndex{1})) << "as a run of ours left it";

  EXPECT_TRUE(ask({.good = {2, 3},
                   .vouched = {Vouch::kNo, Vouch::kIfTorn, Vouch::kNo, Vouch::kNo},
                   .left_out = left_out}));
  EXPECT_FALSE(files_->is_ours(FileIndex{1})) << "a kill or somebody's hand: nobody knows";
}

TEST_F(OutputGuardTest, BlankEndsOfAFileLeftOutAreFilled) {
  plant("b", 0);
  fs::resize_file(path("b"), 3 * kPiece);
  std::fstream{path("b"), std::ios::in | std::ios::out}.seekp(kPiece / 2)
      << std::string(2 * kPiece, 'x');

  EXPECT_TRUE(ask({.good = {2, 3}, .left_out = {false, true, false, false}}));

  EXPECT_TRUE(files_->is_ours(FileIndex{1}));
}

}  // namespace
}  // namespace btfast
