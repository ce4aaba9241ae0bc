#include "storage/partial_storage.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "tests/storage/partial_storage_fixture.h"
#include "tests/support/file_faults.h"
#include "tests/support/file_text.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using PartialStorageTest = PartialStorageFixture;

TEST_F(PartialStorageTest, OnlyWantedFilesAndTheirDirectoriesAreMade) {
  auto const storage = open({true, false, false, false});

  EXPECT_EQ(fs::file_size(dir_.path() / "t/a"), 150u);
  EXPECT_FALSE(has("t/sub"));
  EXPECT_FALSE(has("t/c"));
  EXPECT_FALSE(part_is_there());
}

// Whatever was put there since.
TEST_F(PartialStorageTest, WhatHasItsEndsInThePartFileIsNotOursWhileItIsNotWanted) {
  std::vector<bool> const wanted = {true, true, true, false};
  ASSERT_TRUE(write_piece(*open(wanted), 3));
  std::ofstream{dir_.path() / "t/c"} << std::string(150, 'u');

  auto const again = open(wanted);

  EXPECT_FALSE(again->files().is_ours(FileIndex{3}));
  EXPECT_TRUE(piece_is_right(*again, 3));
  EXPECT_FALSE(again->select({})) << "nor written when it comes to be wanted";
}

TEST_F(PartialStorageTest, EverythingWantedNeedsNoPartFile) {
  auto const storage = open({});

  for (std::uint64_t p = 0; p < 5; ++p) ASSERT_TRUE(write_piece(*storage, p));

  EXPECT_FALSE(part_is_there());
  EXPECT_TRUE(content_is_right("t/sub/b", 150));
}

TEST_F(PartialStorageTest, BoundaryPieceReadsBackNowAndInTheNextRun) {
  {
    auto const storage = open({false, true, false, false});
    for (std::uint64_t const p : {1, 2, 3}) ASSERT_TRUE(write_piece(*storage, p));
    ASSERT_TRUE(storage->sync());
    for (std::uint64_t const p : {1, 2, 3}) EXPECT_TRUE(piece_is_right(*storage, p));
  }

  auto const storage = open({false, true, false, false});

  for (std::uint64_t const p : {1, 2, 3}) EXPECT_TRUE(piece_is_right(*storage, p));
  EXPECT_TRUE(part_is_there());
  EXPECT_FALSE(has("t/a"));
  EXPECT_FALSE(has("t/c"));
}

TEST_F(PartialStorageTest, InsideOfAnAbsentFileIsNowhere) {
  auto const storage = open({false, true, false, false});

  EXPECT_EQ(read_error(*storage, 0), Errc::kNotFound);
  EXPECT_FALSE(write_piece(*storage, 0));
  EXPECT_FALSE(storage->is_hole(0, kPiece));
}

// The part file's seal, its bytes and its mark are a write each.
TEST_F(PartialStorageTest, WhatThePartFileHasNotTakenIsInNoFileEither) {
  for (std::uint64_t const failing : {1u, 2u, 3u}) {
    fs::remove(dir_ / "t.btfast-part");
    auto const storage = open({false, true, false, false});
    test::FileFaults const full{io::Op::kWrite, [&](std::uint64_t nth) {
                                  return io::Fault{.error = nth >= failing ? EIO : 0};
                                }};

    EXPECT_FALSE(write_piece(*storage, 3));

    EXPECT_EQ(test::file_text(dir_ / "t/sub/b"), std::string(200, '\0')) << failing;
  }
}

TEST_F(PartialStorageTest, NetThreadsAreNotMadeToWaitForThePartFile) {
  auto const storage = open({false, true, false, false});
  ASSERT_TRUE(write_piece(*storage, 1));
  std::vector<std::byte> bytes(kPiece);

  auto const got = storage->try_read(kPiece, bytes);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::kWouldBlock);
}

TEST_F(PartialStorageTest, SmallerSelectionKeepsUsingTheFilesThatAreThere) {
  {
    auto const storage = open({});
    for (std::uint64_t p = 0; p < 5; ++p) ASSERT_TRUE(write_piece(*storage, p));
  }

  auto const storage = open({true, false, false, false});

  for (std::uint64_t p = 0; p < 5; ++p) EXPECT_TRUE(piece_is_right(*storage, p));
  EXPECT_FALSE(part_is_there());
}

TEST_F(PartialStorageTest, StrangersFileUnderAnUnwantedNameIsLeftAlone) {
  fs::create_directories(dir_.path() / "t");
  std::ofstream{dir_.path() / "t/a"} << std::string(1000, 'x');  // longer than the torrent's

  auto const storage = open({false, true, false, false});
  ASSERT_TRUE(write_piece(*storage, 1));

  EXPECT_TRUE(piece_is_right(*storage, 1));
  EXPECT_EQ(fs::file_size(dir_.path() / "t/a"), 1000u);
}

// Of the right size, so that nothing but its pieces tells.
TEST_F(PartialStorageTest, ADisownedFileIsLeftAloneAndThePartFileSpeaksForIt) {
  fs::create_directories(dir_.path() / "t");
  std::ofstream{dir_.path() / "t/a"} << std::string(150, 'x');
  {
    auto const storage = unprepared({false, true, false, false});
    ASSERT_TRUE(storage->look());
    storage->files().disown(FileIndex{0});
    ASSERT_TRUE(storage->prepare());
    ASSERT_TRUE(write_piece(*storage, 1));
    EXPECT_TRUE(piece_is_right(*storage, 1));
  }

  auto const again = unprepared({false, true, false, false});
  ASSERT_TRUE(again->look());

  EXPECT_TRUE(again->is_there(kPiece, kPiece));
  EXPECT_TRUE(piece_is_right(*again, 1));
  EXPECT_EQ(test::file_text(dir_.path() / "t/a"), std::string(150, 'x'));
}

// Its end lies in the same page of the part file as an end that was written.
TEST_F(PartialStorageTest, WhatIsWholeAndNoLongerWantedIsReadWhereItIs) {
  {
    auto const storage = open({true, true, false, false});
    for (std::uint64_t p = 0; p < 4; ++p) ASSERT_TRUE(write_piece(*storage, p));
    ASSERT_TRUE(part_is_there());
  }
  std::vector<bool> const one = {true, false, false, false};

  auto const storage = unprepared(one);
  ASSERT_TRUE(storage->look());

  EXPECT_TRUE(storage->files().is_ours(FileIndex{1}));
  for (std::uint64_t p = 0; p < 4; ++p) EXPECT_TRUE(piece_is_right(*storage, p)) << p;
  for (std::uint64_t p = 0; p < 4; ++p) EXPECT_TRUE(piece_is_right(*reader(one), p)) << p;
  ASSERT_TRUE(storage->prepare());
  for (std::uint64_t p = 0; p < 4; ++p) EXPECT_TRUE(piece_is_right(*storage, p)) << p;
}

// The user's own is in its place; what he has of the torrent's by chance is of use.
TEST_F(PartialStorageTest, OfAnothersFileThePartFileKnowsTheEnds) {
  std::vector<bool> const first = {true, false, false, false};
  {
    auto const storage = open(first);
    for (std::uint64_t const p : {0, 1}) ASSERT_TRUE(write_piece(*storage, p));
  }
  plant("t/sub/b", 0, 200);
  std::string const before = test::file_text(dir_ / "t/sub/b");

  auto const storage = open(first);
  auto const looking = reader(first);

  for (Storage* each : {static_cast<Storage*>(storage.get()), static_cast<Storage*>(&*looking)}) {
    EXPECT_TRUE(piece_is_right(*each, 1));
    EXPECT_TRUE(each->is_there(2 * kPiece, kPiece));
    EXPECT_FALSE(piece_is_right(*each, 2));
  }
  EXPECT_FALSE(storage->files().is_ours(FileIndex{1}));
  EXPECT_EQ(test::file_text(dir_ / "t/sub/b"), before);
}

TEST_F(PartialStorageTest, WhatAnUnwantedFileOfAnotherLengthHasIsReadThere) {
  std::vector<bool> const one = {true, false, false, false};
  for (std::uint64_t const length : {120u, 300u}) {
    plant("t/a", 0, 150);
    plant("t/sub/b", 150, length);
    auto const storage = unprepared(one);
    ASSERT_TRUE(storage->look());

    auto const looking = reader(one);
    for (Storage* each : {static_cast<Storage*>(&*storage), static_cast<Storage*>(&*looking)}) {
      EXPECT_TRUE(each->is_there(kPiece, kPiece)) << length;
      EXPECT_TRUE(piece_is_right(*each, 1)) << length;
    }
    ASSERT_TRUE(storage->prepare());
    EXPECT_TRUE(piece_is_right(*storage, 1)) << length;
    ASSERT_TRUE(write_piece(*storage, 1));
    EXPECT_EQ(fs::file_size(dir_ / "t/sub/b"), length);
  }
}

TEST_F(PartialStorageTest, WhatIsCutOffAnUnwantedFileIsNotThere) {
  plant("t/a", 0, 150);
  plant("t/sub/b", 150, 49);

  EXPECT_FALSE(reader({true, false, false, false})->is_there(kPiece, kPiece));
}

TEST_F(PartialStorageTest, TheRightFilePutInItsPlaceIsReadWhereItIs) {
  {
    auto const storage = open({true, false, false, false});
    for (std::uint64_t const p : {0, 1}) ASSERT_TRUE(write_piece(*storage, p));
  }
  plant("t/sub/b", 150, 200);

  auto const storage = open({true, false, false, false});

  EXPECT_TRUE(storage->files().is_ours(FileIndex{1}));
  for (std::uint64_t p = 0; p < 3; ++p) EXPECT_TRUE(piece_is_right(*storage, p)) << p;
}

TEST_F(PartialStorageTest, BeforePrepareTheEndsAreReadFromThePartFile) {
  {
    auto const storage = open({false, true, false, false});
    for (std::uint64_t const p : {1, 2}) ASSERT_TRUE(write_piece(*storage, p));
  }

  auto const all = unprepared({});
  ASSERT_TRUE(all->look());

  EXPECT_TRUE(all->is_there(kPiece, kPiece));
  EXPECT_TRUE(piece_is_right(*all, 1));
  EXPECT_FALSE(all->is_there(0, kPiece));
  EXPECT_FALSE(has("t/a")) << "made by a look";
}

TEST_F(PartialStorageTest, AnothersPartFileIsRefusedWhereOneIsNeeded) {
  std::ofstream{dir_.path() / "t.btfast-part"} << "the user's";

  auto const refused = unprepared({false, true, false, false})->look();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kUnsafePath);
  EXPECT_NE(refused.error().detail.find((dir_.path() / "t.btfast-part").string()),
            std::string::npos)
      << refused.error().detail;
  EXPECT_FALSE(has("t"));
  EXPECT_TRUE(unprepared({})->prepare()) << "not needed";
  EXPECT_EQ(test::file_text(dir_.path() / "t.btfast-part"), "the user's");
}

TEST_F(PartialStorageTest, WhereItsCopyCannotBeMadeAPartFileOfOtherNamesIsRefused) {
  ASSERT_TRUE(write_piece(*open({false, true, false, false}), 1));
  fs::create_hard_link(dir_ / "t.btfast-part", dir_ / "other");
  std::ofstream{dir_ / "t.btfast-part.new"} << "the user's";

  auto const refused = unprepared({})->look();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kUnsafePath);
  EXPECT_NE(refused.error().detail.find((dir_ / "t.btfast-part.new").string()), std::string::npos)
      << refused.error().detail;
  EXPECT_FALSE(has("t/a"));
}

// Its piece is wanted for no other file.
TEST_F(PartialStorageTest, AnEndThatNoWantedPieceHasNeedsNoPartFile) {
  std::ofstream{dir_.path() / "t.btfast-part"} << "the user's";
  PartialStorage storage{
      dir_.path().string(), FileMap{{{"t/a", kPiece}, {"t/b", 50}}}, {{}, kPiece}, {true, false}};

  EXPECT_TRUE(storage.prepare());
}

// That what stands there is not wanted and not the torrent's is known after the look.
TEST_F(PartialStorageTest, AnothersPartFileIsRefusedForWhatIsDisowned) {
  std::ofstream{dir_.path() / "t.btfast-part"} << "the user's";
  fs::create_directories(dir_.path() / "t");
  std::ofstream{dir_.path() / "t/c"} << std::string(150, 'x');
  auto const storage = unprepared({true, true, true, false});
  ASSERT_TRUE(storage->look());

  storage->files().disown(FileIndex{3});

  EXPECT_FALSE(storage->prepare());
  EXPECT_FALSE(has("t/a"));
}

TEST_F(PartialStorageTest, WhoInsistsGetsAPartFileInThePlaceOfAnothers) {
  std::ofstream{dir_.path() / "t.btfast-part"} << "the user's";
  auto storage = unprepared({false, true, false, false}, {.overwrite = true});
  ASSERT_TRUE(storage->prepare());
  EXPECT_EQ(test::file_text(dir_.path() / "t.btfast-part"), "the user's");

  ASSERT_TRUE(write_piece(*storage, 1));

  storage.reset();
  EXPECT_TRUE(piece_is_right(*open({false, true, false, false}), 1));
}

TEST_F(PartialStorageTest, APartFileThatIsGoneReplacedOrCutIsADisturbance) {
  fs::path const part = dir_.path() / "t.btfast-part";
  auto const remove = [&] { fs::remove(part); };
  auto const replace = [&] {
    fs::copy_file(part, dir_.path() / "copy");
    fs::rename(dir_.path() / "copy", part);
  };
  auto const cut = [&] { fs::resize_file(part, 10); };
  for (auto const& disturb : {std::function<void()>{remove}, {replace}, {cut}}) {
    fs::remove(part);
    auto const storage = open({false, true, false, false});
    EXPECT_TRUE(storage->disturbances(Watch::kNames).empty()) << "there is none yet";
    ASSERT_TRUE(write_piece(*storage, 1));
    EXPECT_TRUE(storage->disturbances(Watch::kNames).empty());

    disturb();

    auto const found = storage->disturbances(Watch::kNames);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found[0].why.detail.find(part.string()), std::string::npos) << found[0].why.detail;
  }
}

TEST_F(PartialStorageTest, ReaderFindsTheEndsAndSaysWhatIsMissing) {
  {
    auto const storage = open({false, true, false, false});
    for (std::uint64_t const p : {1, 2}) ASSERT_TRUE(write_piece(*storage, p));
  }

  auto const looking = reader({});

  ASSERT_TRUE(looking);
  EXPECT_TRUE(piece_is_right(*looking, 1));
  EXPECT_TRUE(piece_is_right(*looking, 2));
  EXPECT_EQ(read_error(*looking, 0), Errc::kNotFound);
}

TEST_F(PartialStorageTest, AFileThatNobodyWantsNowMayBeMovedAway) {
  plant("t/c", 350, 150);
  plant("t/sub/b", 150, 200);
  auto const storage = open({true, false, false, false});
  fs::remove(dir_ / "t/c");

  EXPECT_TRUE(storage->disturbances(Watch::kNames).empty());

  fs::remove(dir_ / "t/sub/b");
  EXPECT_EQ(storage->disturbances(Watch::kNames).size(), 1u) << "piece 1 reaches into it";
}

TEST_F(PartialStorageTest, AFileThatIsWantedSinceMayNot) {
  plant("t/c", 350, 150);
  auto const storage = open({true, false, false, false});
  ASSERT_TRUE(storage->select({true, false, false, true}));
  fs::remove(dir_ / "t/c");

  EXPECT_EQ(storage->disturbances(Watch::kNames).size(), 1u);
}

}  // namespace
}  // namespace btfast::storage
