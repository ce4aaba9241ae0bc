#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/storage/partial_storage_fixture.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;

// The part file has the first 50 bytes of b, which lie in piece 1.
class PartialStorageLookTest : public PartialStorageFixture {
 protected:
  static constexpr FileIndex kFile{1};

  PartialStorageLookTest() {
    auto const storage = open(kFirst);
    for (std::uint64_t const p : {0, 1}) EXPECT_TRUE(write_piece(*storage, p));
  }
  std::unique_ptr<PartialStorage> looking(std::vector<bool> const& wanted) {
    auto storage = unprepared(wanted);
    EXPECT_TRUE(storage->look());
    return storage;
  }
  // As if somebody had written into it.
  void spoil(std::string const& below, std::streamoff at) const {
    std::fstream{dir_ / below, std::ios::in | std::ios::out | std::ios::binary}.seekp(at).put('!');
  }
  static bool to_be_filled(PartialStorage const& storage) {
    return storage.files().found(kFile)->to_be_filled();
  }

  // Behind the seal and the marks, a tail of a, and then what is of b.
  static constexpr std::streamoff kEnds = 4096;
  static inline std::vector<bool> const kFirst = {true, false, false, false};
};

TEST_F(PartialStorageLookTest, TheEndOfAWantedFileComesFromThePartFileWhereThatIsRight) {
  plant("t/sub/b", 150, 200);
  spoil("t/sub/b", 3);
  auto const storage = looking({});
  EXPECT_FALSE(piece_is_right(*storage, 1));
  EXPECT_FALSE(to_be_filled(*storage)) << "it is used as it stands";

  ASSERT_TRUE(storage->turn_over(kPiece, kPiece));

  EXPECT_TRUE(piece_is_right(*storage, 1));
  EXPECT_TRUE(to_be_filled(*storage));
  ASSERT_TRUE(storage->prepare());
  EXPECT_TRUE(content_is_right("t/sub/b", 150));
  ASSERT_TRUE(storage->sync());
  EXPECT_FALSE(part_is_there());
}

TEST_F(PartialStorageLookTest, TurnedBackItIsLeftAsItStands) {
  plant("t/sub/b", 150, 200);
  spoil("t/sub/b", 3);
  std::string const before = test::file_text(dir_ / "t/sub/b");
  auto const storage = looking({});

  ASSERT_TRUE(storage->turn_over(kPiece, kPiece));
  ASSERT_TRUE(storage->turn_over(kPiece, kPiece));

  EXPECT_FALSE(to_be_filled(*storage));
  ASSERT_TRUE(storage->prepare());
  EXPECT_EQ(test::file_text(dir_ / "t/sub/b"), before);
}

TEST_F(PartialStorageLookTest, WhatIsCutOffAWantedFileComesFromThePartFile) {
  plant("t/sub/b", 150, 49);
  auto const storage = looking({});

  EXPECT_TRUE(storage->is_there(kPiece, kPiece));
  EXPECT_TRUE(piece_is_right(*storage, 1));
  EXPECT_TRUE(to_be_filled(*storage));
  ASSERT_TRUE(storage->prepare());

  EXPECT_TRUE(piece_is_right(*storage, 1));
  EXPECT_EQ(fs::file_size(dir_ / "t/sub/b"), 200u);
}

// A kill left an end that is not whole, and then the right file was put there.
TEST_F(PartialStorageLookTest, AWrongEndInThePartFileIsInTheWayOfNoRightFile) {
  spoil("t.btfast-part", kEnds + 60);
  plant("t/sub/b", 150, 200);
  for (auto const& wanted : {kFirst, {true, true, false, false}}) {
    auto const storage = looking(wanted);
    bool const found = piece_is_right(*storage, 1) ||
                       (storage->turn_over(kPiece, kPiece) && piece_is_right(*storage, 1));

    EXPECT_TRUE(found);
    ASSERT_TRUE(storage->prepare());
    EXPECT_TRUE(piece_is_right(*storage, 1));
    EXPECT_TRUE(content_is_right("t/sub/b", 150));
  }
}

TEST_F(PartialStorageLookTest, AReaderTurnsOverToo) {
  spoil("t.btfast-part", kEnds + 60);
  plant("t/sub/b", 150, 200);
  auto const looking = reader(kFirst);
  EXPECT_FALSE(piece_is_right(*looking, 1));

  ASSERT_TRUE(looking->turn_over(kPiece, kPiece));

  EXPECT_TRUE(piece_is_right(*looking, 1));
}

TEST_F(PartialStorageLookTest, OfOneKindThereIsNoOther) {
  EXPECT_FALSE(looking(kFirst)->turn_over(0, 5 * kPiece)) << "nothing stands there";
  plant("t/sub/b", 150, 200);
  EXPECT_FALSE(looking({})->turn_over(0, 5 * kPiece)) << "both are the same";
  spoil("t/sub/b", 3);
  auto const storage = looking({});
  EXPECT_FALSE(storage->turn_over(2 * kPiece, 3 * kPiece)) << "other pieces";
  ASSERT_TRUE(storage->prepare());
  EXPECT_FALSE(storage->turn_over(kPiece, kPiece)) << "it is in use";
}

TEST_F(PartialStorageLookTest, ABlankFileIsToBeFilledAndOneThatHasItsEndsIsNot) {
  fs::create_directories(dir_ / "t/sub");
  std::ofstream{dir_ / "t/sub/b"};
  fs::resize_file(dir_ / "t/sub/b", 200);
  EXPECT_TRUE(to_be_filled(*looking({})));

  plant("t/sub/b", 150, 50);
  fs::resize_file(dir_ / "t/sub/b", 200);

  auto const storage = looking({});
  EXPECT_FALSE(to_be_filled(*storage));
  EXPECT_TRUE(storage->files().found(kFile)->blank) << "nothing would be lost";
}

// Nobody may write to it, so its end goes to the part file: with the bytes that it has, too.
TEST_F(PartialStorageLookTest, WhatADisownedFileHasAsWellThePartFileForgets) {
  fs::remove_all(dir_ / "t");
  fs::remove(dir_ / "t.btfast-part");
  plant("t/a", 0, 150);
  plant("t/c", 350, 150);
  spoil("t/c", 149);
  auto const storage = looking({false, true, false, false});
  storage->files().disown(FileIndex{0});
  storage->files().disown(FileIndex{3});
  ASSERT_TRUE(storage->prepare());
  ASSERT_TRUE(write_piece(*storage, 1));
  ASSERT_TRUE(storage->sync());
  EXPECT_FALSE(part_is_there());
  EXPECT_TRUE(piece_is_right(*storage, 1));

  spoil("t/c", 10);
  ASSERT_TRUE(write_piece(*storage, 3));
  ASSERT_TRUE(storage->sync());

  EXPECT_TRUE(part_is_there()) << "only it has what c lacks";
  EXPECT_TRUE(piece_is_right(*storage, 3));
}

TEST_F(PartialStorageLookTest, WhatAWantedFileHasItselfThePartFileForgets) {
  plant("t/sub/b", 150, 200);

  ASSERT_TRUE(open({true, true, false, false})->sync());

  EXPECT_FALSE(part_is_there());
  EXPECT_TRUE(content_is_right("t/sub/b", 150));
}

}  // namespace
}  // namespace btfast::storage
