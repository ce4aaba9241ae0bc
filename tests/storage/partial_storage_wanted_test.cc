#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "storage/partial_storage.h"
#include "tests/storage/partial_storage_fixture.h"
#include "tests/support/file_faults.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using Op = io::Op;
using PartialStorageWantedTest = PartialStorageFixture;

TEST_F(PartialStorageWantedTest, LargerSelectionBringsTheEndsIntoTheFile) {
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

TEST_F(PartialStorageWantedTest, PartFileGoesWhenNoFileIsAbsent) {
  {
    auto const storage = open({false, true, false, false});
    for (std::uint64_t const p : {1, 2, 3}) ASSERT_TRUE(write_piece(*storage, p));
  }

  auto const storage = open({true, true, true, true});
  ASSERT_TRUE(storage->sync());

  EXPECT_FALSE(part_is_there());
  for (std::uint64_t const p : {1, 2, 3}) EXPECT_TRUE(piece_is_right(*storage, p));
}

TEST_F(PartialStorageWantedTest, SelectMakesFilesWhileItRuns) {
  auto const storage = open({false, true, false, false});
  for (std::uint64_t const p : {1, 2, 3}) ASSERT_TRUE(write_piece(*storage, p));

  ASSERT_TRUE(storage->select({false, true, true, true}));

  EXPECT_TRUE(has("t/sub/empty"));
  ASSERT_TRUE(write_piece(*storage, 4));
  EXPECT_TRUE(content_is_right("t/c", 350));
  EXPECT_TRUE(piece_is_right(*storage, 1));
  EXPECT_FALSE(has("t/a"));
  ASSERT_TRUE(storage->select({}));
  ASSERT_TRUE(storage->sync());
  EXPECT_FALSE(part_is_there());
  EXPECT_TRUE(piece_is_right(*storage, 1));
}

// Method: select() makes many files under its mutex; once it has made the first, a writer
// begins with the last, so that it waits for select() and must then look again.  (Checked by
// mutation: a write that does not look again is lost in the part file.)
TEST_F(PartialStorageWantedTest, WritesDuringASelectAreNotLost) {
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

TEST_F(PartialStorageWantedTest, WhatWasBroughtIsForgotten) {
  {
    auto const storage = open({false, true, false, false});
    for (std::uint64_t const p : {1, 2, 3}) ASSERT_TRUE(write_piece(*storage, p));
    ASSERT_TRUE(storage->select({true, true, false, false}));
    ASSERT_TRUE(storage->sync());
  }
  fs::remove(dir_ / "t/a");

  auto const storage = unprepared({});
  ASSERT_TRUE(storage->look());

  EXPECT_FALSE(storage->is_there(kPiece, kPiece)) << "only the file itself has it";
  EXPECT_TRUE(storage->is_there(3 * kPiece, kPiece)) << "c was not wanted";
}

TEST_F(PartialStorageWantedTest, WithNoEndLeftThePartFileGoes) {
  auto const storage = open({true, false, false, false});
  for (std::uint64_t const p : {0, 1}) ASSERT_TRUE(write_piece(*storage, p));
  ASSERT_TRUE(part_is_there());

  ASSERT_TRUE(storage->select({true, true, false, false}));
  EXPECT_TRUE(part_is_there()) << "nothing else says yet that the file is ours";

  ASSERT_TRUE(storage->sync());

  EXPECT_FALSE(part_is_there());
  EXPECT_FALSE(has("t/c"));
}

// Whatever became of the rest of its piece: a guard asks whether there is anything to lose.
TEST_F(PartialStorageWantedTest, AFileOfNothingButWhatWasBroughtIsAsGoodAsBlank) {
  std::vector<bool> const both = {true, true, false, false};
  {
    auto const storage = open({false, true, false, false});
    ASSERT_TRUE(write_piece(*storage, 1));
    ASSERT_TRUE(storage->select(both));
  }
  auto const blank = [&] {
    auto const storage = unprepared(both);
    EXPECT_TRUE(storage->look());
    return storage->files().found(FileIndex{0})->blank;
  };

  EXPECT_TRUE(blank());
  EXPECT_TRUE(open(both)->sync());
  EXPECT_FALSE(blank()) << "the control file speaks for it";
}

class InterruptedPrepareTest : public PartialStorageWantedTest,
                               public testing::WithParamInterface<io::Op> {
 protected:
  static bool all_right(Storage& storage) {
    return piece_is_right(storage, 1) && piece_is_right(storage, 2) && piece_is_right(storage, 3);
  }
  // One file is there, and the ends of the others in the part file.
  void begin_with_one() {
    for (auto const& left : fs::directory_iterator{dir_.path()}) fs::remove_all(left);
    auto const storage = open({false, true, false, false});
    for (std::uint64_t const p : {1, 2, 3}) ASSERT_TRUE(write_piece(*storage, p));
  }
  // False: it came to its end before the call.
  bool prepare_all_until(std::uint64_t call) {
    auto const storage = unprepared({}, {.alloc = AllocMode::kSparse});
    EXPECT_TRUE(storage->look());
    test::FileFaults const kill{GetParam(), [&](std::uint64_t nth) {
                                  io::Fault fault;
                                  bool const cut = nth == call && GetParam() == Op::kWrite;
                                  if (cut) fault.bytes_max = 10;
                                  if (!cut && nth >= call) fault.error = EIO;
                                  return fault;
                                }};
    bool const ended = storage->prepare() && storage->sync();
    return !ended || kill.calls(GetParam()) >= call;
  }
};

// Method: calls that fail from one on leave the disk as a kill there would; a write is cut in its
// middle first.  Whatever is wanted next, nothing of the pieces is lost.
TEST_P(InterruptedPrepareTest, IsDoneTheNextTime) {
  std::uint64_t call = 1;
  for (bool interrupted = true; interrupted; ++call) {
    for (auto const& next : {std::vector<bool>{false, true, false, false},
                             {true, true, false, false},
                             {true, true, true, true}}) {
      begin_with_one();
      interrupted = prepare_all_until(call);

      auto const storage = unprepared(next);
      ASSERT_TRUE(storage->look());

      EXPECT_TRUE(all_right(*storage)) << call;
      ASSERT_TRUE(storage->prepare());
      EXPECT_TRUE(all_right(*storage)) << call;
    }
  }
  EXPECT_GT(call, 2u);
}

INSTANTIATE_TEST_SUITE_P(EachCall, InterruptedPrepareTest,
                         testing::Values(Op::kOpenSafe, Op::kTruncate, Op::kWrite, Op::kSync,
                                         Op::kUnlink));

}  // namespace
}  // namespace btfast::storage
