#include "storage/partial_storage.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/file_faults.h"
#include "tests/support/file_text.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using test::pattern;

constexpr std::uint64_t kPiece = 100;

// Three files over five pieces: a has pieces 0 and 1, b 1 to 3, c 3 and 4.
class PartialStorageTest : public testing::Test {
 protected:
  std::unique_ptr<PartialStorage> unprepared(std::vector<bool> const& wanted,
                                             FileStorage::Options options = {}) {
    return std::make_unique<PartialStorage>(
        dir_.path().string(),
        FileMap{{{"t/a", 150}, {"t/sub/b", 200}, {"t/sub/empty", 0}, {"t/c", 150}}},
        PartOwner{{}, kPiece}, wanted, options);
  }
  std::unique_ptr<PartialStorage> open(std::vector<bool> const& wanted) {
    auto storage = unprepared(wanted);
    auto const ready = storage->prepare();
    EXPECT_TRUE(ready) << (ready ? "" : failure_text(ready.error()));
    return storage;
  }
  static Outcome write_piece(Storage& storage, std::uint64_t piece) {
    auto bytes = pattern(piece * kPiece, kPiece);
    iovec const halves[] = {{bytes.data(), 30}, {bytes.data() + 30, bytes.size() - 30}};
    return storage.write(piece * kPiece, halves);
  }
  static bool piece_is_right(Storage& storage, std::uint64_t piece) {
    std::vector<std::byte> bytes(kPiece);
    return storage.read(piece * kPiece, bytes) && bytes == pattern(piece * kPiece, kPiece);
  }
  static Errc read_error(Storage& storage, std::uint64_t piece) {
    std::vector<std::byte> bytes(kPiece);
    auto const got = storage.read(piece * kPiece, bytes);
    EXPECT_FALSE(got);
    return got ? Errc::kInternal : got.error().code;
  }
  bool has(std::string const& below) const { return fs::exists(dir_.path() / below); }
  bool part_is_there() const { return has("t.btfast-part"); }
  bool content_is_right(std::string const& below, std::uint64_t offset) const {
    std::string const text = test::file_text(dir_.path() / below);
    auto const expected = pattern(offset, text.size());
    return std::equal(text.begin(), text.end(), reinterpret_cast<char const*>(expected.data()));
  }

  test::TempDir dir_;
};

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

TEST_F(PartialStorageTest, NetThreadsAreNotMadeToWaitForThePartFile) {
  auto const storage = open({false, true, false, false});
  ASSERT_TRUE(write_piece(*storage, 1));
  std::vector<std::byte> bytes(kPiece);

  auto const got = storage->try_read(kPiece, bytes);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::kWouldBlock);
}

TEST_F(PartialStorageTest, LargerSelectionBringsTheEndsIntoTheFile) {
  {
    auto const storage = open({false, true, false, false});
    for (std::uint64_t const p : {1, 2, 3}) ASSERT_TRUE(write_piece(*storage, p));
  }

  auto const storage = open({true, true, false, false});

  EXPECT_TRUE(piece_is_right(*storage, 1));
  EXPECT_TRUE(piece_is_right(*storage, 3));
  ASSERT_TRUE(write_piece(*storage, 0));
  EXPECT_TRUE(content_is_right("t/a", 0));
  EXPECT_TRUE(part_is_there());  // still has what c needs
}

TEST_F(PartialStorageTest, PartFileGoesWhenNoFileIsAbsent) {
  {
    auto const storage = open({false, true, false, false});
    for (std::uint64_t const p : {1, 2, 3}) ASSERT_TRUE(write_piece(*storage, p));
  }

  auto const storage = open({true, true, true, true});

  EXPECT_FALSE(part_is_there());
  for (std::uint64_t const p : {1, 2, 3}) EXPECT_TRUE(piece_is_right(*storage, p));
}

TEST_F(PartialStorageTest, SelectMakesFilesWhileItRuns) {
  auto const storage = open({false, true, false, false});
  for (std::uint64_t const p : {1, 2, 3}) ASSERT_TRUE(write_piece(*storage, p));

  ASSERT_TRUE(storage->select({false, true, true, true}));

  EXPECT_TRUE(has("t/sub/empty"));
  ASSERT_TRUE(write_piece(*storage, 4));
  EXPECT_TRUE(content_is_right("t/c", 350));
  EXPECT_TRUE(piece_is_right(*storage, 1));
  EXPECT_FALSE(has("t/a"));
  ASSERT_TRUE(storage->select({}));
  EXPECT_FALSE(part_is_there());
  EXPECT_TRUE(piece_is_right(*storage, 1));
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

  auto const reader = PartialStorage::open_existing(
      dir_.path().string(),
      FileMap{{{"t/a", 150}, {"t/sub/b", 200}, {"t/sub/empty", 0}, {"t/c", 150}}}, {{}, kPiece});

  ASSERT_TRUE(reader);
  EXPECT_TRUE(piece_is_right(**reader, 1));
  EXPECT_TRUE(piece_is_right(**reader, 2));
  EXPECT_EQ(read_error(**reader, 0), Errc::kNotFound);
}

// Method: select() makes many files under its mutex; once it has made the first, a writer
// begins with the last, so that it waits for select() and must then look again.  (Checked by
// mutation: a write that does not look again is lost in the part file.)
TEST_F(PartialStorageTest, WritesDuringASelectAreNotLost) {
  constexpr std::uint32_t kFiles = 40;
  std::vector<FileSpec> files;
  for (std::uint32_t f = 0; f < kFiles; ++f) files.push_back({std::to_string(f), kPiece / 2});
  std::vector<bool> wanted(kFiles, false);
  wanted[0] = true;
  PartialStorage storage{dir_.path().string(), FileMap{std::move(files)}, {{}, kPiece}, wanted};
  ASSERT_TRUE(storage.prepare());
  std::atomic<bool> selecting{false};
  std::atomic<bool> writing{false};
  bool written = true;

  {
    test::FileFaults const watch{io::Op::kStat, [&](std::uint64_t nth) {
                                   selecting = true;
                                   while (nth == 1 && !writing) std::this_thread::yield();
                                   return io::Fault{};
                                 }};
    std::jthread const writer{[&] {
      while (!selecting) std::this_thread::yield();
      writing = true;
      for (std::uint64_t p = kFiles / 2; p-- > 0;) written = write_piece(storage, p) && written;
    }};
    EXPECT_TRUE(storage.select({}));
    selecting = true;  // whatever happened: the writer must end
  }

  EXPECT_TRUE(written);
  for (std::uint64_t p = 0; p < kFiles / 2; ++p) EXPECT_TRUE(piece_is_right(storage, p)) << p;
}

}  // namespace
}  // namespace btfast::storage
