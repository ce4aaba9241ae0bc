#include "storage/part_belief.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/storage/partial_storage_fixture.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;

// Of b, 200 bytes over pieces of 100, the first 50 are in the part file.
class PartBeliefTest : public PartialStorageFixture {
 protected:
  static constexpr FileIndex kFile{1};

  PartBeliefTest() {
    auto const storage = PartialStorageFixture::open({true, false, false, false});
    EXPECT_TRUE(write_piece(*storage, 1));
  }
  Belief ask(FileIndex file = kFile) {
    FileStorage files{dir_.path().string(), map(), {.left_out = {false, true, true, true}}};
    EXPECT_TRUE(files.look());
    PartLayout const layout{files.map(), kPiece};
    PartFile part{{{}, kPiece}, layout};
    EXPECT_TRUE(part.open(files.directory(), part_file_name(map()), io::Access::kRead));
    return believed_of(files, part, layout, file);
  }
  void put(std::string const& text) const {
    fs::create_directories(dir_ / "t/sub");
    std::ofstream{dir_ / "t/sub/b", std::ios::binary} << text;
  }
  // The torrent's.
  static std::string right(std::uint64_t length) {
    auto const bytes = test::pattern(150, length);
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
  }
};

TEST_F(PartBeliefTest, WhereThePartFileHasNothingTheFileIsBelieved) {
  EXPECT_EQ(ask(FileIndex{3}), Belief::kFile);
  EXPECT_EQ(ask(FileIndex{0}), Belief::kFile);
}

TEST_F(PartBeliefTest, WhereNothingStandsNothingWouldBeLost) {
  EXPECT_EQ(ask(), Belief::kNothing);
  put("");
  EXPECT_EQ(ask(), Belief::kNothing);
  put(std::string(200, '\0'));
  EXPECT_EQ(ask(), Belief::kNothing);
}

TEST_F(PartBeliefTest, AnEndThatWasHalfBroughtIsNothingOfItsOwn) {
  put(right(20) + std::string(180, '\0'));

  EXPECT_EQ(ask(), Belief::kNothing);
}

TEST_F(PartBeliefTest, AnEndThatWasBroughtIsThere) {
  put(right(50) + std::string(150, '\0'));

  EXPECT_EQ(ask(), Belief::kBrought);
}

TEST_F(PartBeliefTest, WhatHasTheEndIsBelievedWhateverElseItHolds) {
  put(right(50) + std::string(150, 'x'));
  EXPECT_EQ(ask(), Belief::kFile);
  put(right(200));
  EXPECT_EQ(ask(), Belief::kFile);
}

TEST_F(PartBeliefTest, OfAnythingElseThePartFileKnowsTheEnd) {
  put(right(20) + std::string(179, '\0') + "x");
  EXPECT_EQ(ask(), Belief::kPart);
  put("x" + right(200).substr(1));
  EXPECT_EQ(ask(), Belief::kPart);
  put(right(199));
  EXPECT_EQ(ask(), Belief::kPart) << "of another length";
}

TEST_F(PartBeliefTest, WhatIsReachedThroughALinkIsNotOursToFill) {
  put("");
  fs::rename(dir_ / "t/sub/b", dir_ / "elsewhere");
  fs::resize_file(dir_ / "elsewhere", 200);
  fs::create_symlink("../../elsewhere", dir_ / "t/sub/b");

  EXPECT_EQ(ask(), Belief::kPart);
}

}  // namespace
}  // namespace btfast::storage
