#include "engine/torrent/checkpointer.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>

#include "storage/file_storage.h"
#include "storage/memory_storage.h"
#include "tests/support/file_faults.h"
#include "tests/support/log_capture.h"
#include "tests/support/scripted_reactor.h"
#include "tests/support/sim_executor.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

using storage::FileMap;
using storage::FileStorage;
using test::FileFaults;

constexpr std::uint32_t kPiece = 16 * 1024;
constexpr std::uint32_t kPieces = 100;

// Storage that says when it is synced, over files that say what is claimed.
class CheckpointerTest : public testing::Test {
 protected:
  struct Watched final : storage::Storage {
    explicit Watched(FileStorage& to) : files(to) {}
    Outcome prepare() override { return files.prepare(); }
    Outcome write(std::uint64_t at, std::span<iovec const> from) override {
      return files.write(at, from);
    }
    Outcome read(std::uint64_t at, std::span<std::byte> into) override {
      return files.read(at, into);
    }
    Outcome try_read(std::uint64_t at, std::span<std::byte> into) override {
      return files.try_read(at, into);
    }
    std::vector<storage::Disturbance> disturbances(storage::Watch watch) override {
      return files.disturbances(watch);
    }
    Outcome sync() override {
      ++syncs;
      if (on_sync) on_sync();
      if (sync_errno != 0) return Failure{Errc::kDiskIo, sync_errno, "cannot sync it"};
      return files.sync();
    }
    FileStorage& files;
    std::function<void()> on_sync;
    int sync_errno = 0;
    int syncs = 0;
  };

  CheckpointerTest() {
    EXPECT_TRUE(files_.prepare());
    (void)store_->plan();
    loop_.run_turn(Duration{0});
  }
  ResumeStore::Subject subject() const {
    return {.info_hash = {}, .geometry = *PieceGeometry::make(kPieces * kPiece, kPiece)};
  }
  void have(std::uint32_t first, std::uint32_t count) {
    std::vector<std::byte> bytes(std::size_t{count} * kPiece, std::byte{'t'});
    iovec const buffer{bytes.data(), bytes.size()};
    EXPECT_TRUE(files_.write(std::uint64_t{first} * kPiece, {&buffer, 1}));
    publish(first, count);
  }
  void publish(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t p = first; p < first + count; ++p) {
      (void)std::move(*pieces_->try_claim(PieceIndex{p})).publish_have();
    }
  }
  // Time passes, and jobs and reports with it.
  void pass(Duration time) {
    clock_.advance(time);
    settle();
  }
  void settle() {
    for (int i = 0; i < 4; ++i) {
      loop_.run_turn(Duration{0});
      readers_.run_all();
    }
    loop_.run_turn(Duration{0});
  }
  std::filesystem::path control_file() const { return dir_ / "file.btfast"; }
  // Pieces that a new start would trust.  Ours lets go of the lock meanwhile.
  std::optional<std::uint32_t> claimed() {
    if (!std::filesystem::exists(control_file())) return std::nullopt;
    auto files = FileStorage::open_existing(dir_.path().string(), FileMap{{files_.map().file({})}});
    return ResumeStore{**files, subject()}.plan().trusted.count();
  }

  test::TempDir dir_;
  FileStorage files_{dir_.path().string(), FileMap{{{.path = "file", .length = kPieces * kPiece}}}};
  std::shared_ptr<Watched> watched_ = std::make_shared<Watched>(files_);
  std::shared_ptr<PieceMap> pieces_ = std::make_shared<PieceMap>(kPieces);
  std::shared_ptr<ResumeStore> store_ = std::make_shared<ResumeStore>(files_, subject());
  test::ScriptedReactor reactor_;
  ManualClock clock_;
  net::EventLoop loop_{reactor_, clock_};
  test::SimExecutor readers_{1};
  std::optional<Failure> lost_;
  Checkpointer points_{loop_, readers_, {pieces_, watched_, store_}, [this](Failure why) {
                         lost_ = std::move(why);
                       }};
};

TEST_F(CheckpointerTest, ClaimsWhatIsThereAfterTwoSecondsAndThenEverySecond) {
  points_.start(false);
  have(0, 3);
  pass(std::chrono::milliseconds{1900});
  EXPECT_FALSE(claimed());

  pass(std::chrono::milliseconds{200});
  EXPECT_EQ(claimed(), 3u);

  have(3, 4);
  pass(Checkpointer::kPause);
  EXPECT_EQ(claimed(), 7u);
}

TEST_F(CheckpointerTest, NothingNewCostsNothing) {
  points_.start(false);
  have(0, 3);
  pass(Checkpointer::kFirst);
  ASSERT_EQ(watched_->syncs, 1);

  for (int i = 0; i < 5; ++i) pass(Checkpointer::kPause);

  EXPECT_EQ(watched_->syncs, 1);
}

TEST_F(CheckpointerTest, ADownloadThatEndsBeforeTwoSecondsAreUnclaimedIsLeftAlone) {
  points_.start(false);
  have(0, 40);
  pass(Checkpointer::kFirst);
  ASSERT_EQ(watched_->syncs, 1);

  have(40, 40);
  pass(Checkpointer::kPause);
  EXPECT_EQ(watched_->syncs, 1) << "20 to go at 40 a second";

  pass(Checkpointer::kPause);
  EXPECT_EQ(claimed(), 80u) << "it did not finish after all";
}

// FAULTS 141: however near the end is.
TEST_F(CheckpointerTest, NothingIsUnclaimedForMoreThanTwoSeconds) {
  points_.start(false);
  have(0, 90);

  pass(Checkpointer::kFirst);
  EXPECT_EQ(claimed(), 90u) << "10 to go at 45 a second, but two seconds are up";

  have(90, 4);
  pass(Checkpointer::kPause);
  EXPECT_EQ(claimed(), 94u) << "6 to go at 4 a second";
}

TEST_F(CheckpointerTest, PiecesThatCameAfterTheSnapshotAreNotClaimed) {
  watched_->on_sync = [this] { have(50, 10); };
  points_.start(false);
  have(0, 3);

  pass(Checkpointer::kFirst);

  EXPECT_EQ(claimed(), 3u);
}

TEST_F(CheckpointerTest, CompletionSyncsWhatWasClaimedBeforeItRemovesTheFile) {
  points_.start(false);
  have(0, 3);
  pass(Checkpointer::kFirst);
  ASSERT_EQ(watched_->syncs, 1);
  watched_->on_sync = [this] { EXPECT_TRUE(std::filesystem::exists(control_file())); };
  std::optional<bool> safe;

  points_.complete([&](Outcome const& sealed) { safe = sealed.has_value(); });
  settle();

  EXPECT_EQ(safe, true);
  EXPECT_FALSE(claimed());
  EXPECT_EQ(watched_->syncs, 2);
}

TEST_F(CheckpointerTest, CompletionOfWhatWasNeverClaimedIsSyncedToo) {
  points_.start(false);
  have(0, 3);
  std::optional<bool> safe;

  points_.complete([&](Outcome const& sealed) { safe = sealed.has_value(); });
  settle();

  EXPECT_EQ(safe, true);
  EXPECT_EQ(watched_->syncs, 1);
}

// A disk takes more than it has room for, and says so when it is synced.
TEST_F(CheckpointerTest, ADownloadTooFastForAClaimHearsWhatTheDiskRefused) {
  points_.start(false);
  have(0, 3);
  watched_->sync_errno = ENOSPC;
  std::optional<int> why;

  points_.complete([&](Outcome const& sealed) { why = sealed ? 0 : sealed.error().sys_errno; });
  settle();

  EXPECT_EQ(why, ENOSPC);
}

TEST_F(CheckpointerTest, ASyncThatFailsAtTheEndIsToldAndTheFileStays) {
  points_.start(false);
  have(0, 3);
  pass(Checkpointer::kFirst);
  watched_->sync_errno = EIO;
  std::optional<int> why;

  points_.complete([&](Outcome const& sealed) { why = sealed ? 0 : sealed.error().sys_errno; });
  settle();

  EXPECT_EQ(why, EIO);
  EXPECT_EQ(claimed(), 3u);
}

TEST_F(CheckpointerTest, FilesThatWentAwayAreNoCompletion) {
  points_.start(false);
  have(0, 3);
  std::filesystem::remove(dir_ / "file");
  std::optional<bool> safe;

  points_.complete([&](Outcome const& sealed) { safe = sealed.has_value(); });
  settle();

  EXPECT_EQ(safe, false);
}

TEST_F(CheckpointerTest, StartedAgainBeforeTheEndWasSealedItGoesOnClaiming) {
  watched_->on_sync = [this] {
    points_.complete([](Outcome const&) { ADD_FAILURE() << "more is wanted"; });
    points_.start(false);
  };
  points_.start(false);
  have(0, 3);
  pass(Checkpointer::kFirst);
  watched_->on_sync = {};

  pass(Checkpointer::kFirst);

  EXPECT_EQ(claimed(), 3u);
}

TEST_F(CheckpointerTest, CompletionDuringAStepRemovesWhatTheStepWrote) {
  bool in_step = true;  // and not in the seal
  watched_->on_sync = [&] {
    if (std::exchange(in_step, false)) points_.complete({});
  };
  points_.start(false);
  have(0, 3);
  bool done = false;

  pass(Checkpointer::kFirst);
  points_.finish([&] { done = true; });
  settle();

  EXPECT_TRUE(done);
  EXPECT_FALSE(std::filesystem::exists(control_file()));
}

TEST_F(CheckpointerTest, StartedAgainItClaimsAgain) {
  points_.start(false);
  have(0, 3);
  points_.complete({});
  settle();

  points_.start(false);
  pass(Checkpointer::kFirst);

  EXPECT_EQ(claimed(), 3u);
}

TEST_F(CheckpointerTest, FinishSavesALastTimeAndThenTells) {
  points_.start(false);
  have(0, 3);
  bool done = false;

  points_.finish([&] { done = true; });
  EXPECT_FALSE(done);
  settle();

  EXPECT_TRUE(done);
  EXPECT_EQ(claimed(), 3u);
}

TEST_F(CheckpointerTest, FinishWithoutStartTouchesNothing) {
  bool done = false;

  points_.finish([&] { done = true; });
  settle();

  EXPECT_TRUE(done);
  EXPECT_FALSE(claimed());
  EXPECT_EQ(watched_->syncs, 0);
}

TEST_F(CheckpointerTest, AFailedSyncEndsClaimsAndIsTold) {
  points_.start(false);
  have(0, 3);
  pass(Checkpointer::kFirst);
  publish(3, 3);
  watched_->sync_errno = EIO;

  pass(Checkpointer::kPause);
  watched_->sync_errno = 0;
  bool done = false;
  points_.finish([&] { done = true; });
  settle();

  ASSERT_TRUE(lost_);
  EXPECT_EQ(lost_->sys_errno, EIO);
  EXPECT_TRUE(done);
  EXPECT_EQ(claimed(), 3u) << "what the sync before it had";
}

TEST_F(CheckpointerTest, AFailedSaveIsTriedAgain) {
  points_.start(false);
  have(0, 3);
  {
    FileFaults const faults{storage::io::Op::kRename, FileFaults::always(ENOSPC)};
    pass(Checkpointer::kFirst);
    EXPECT_FALSE(claimed());
  }

  pass(Checkpointer::kPause);

  EXPECT_EQ(claimed(), 3u);
  EXPECT_FALSE(lost_);
}

// A disk that is full by now refuses the data as well, and says so.
TEST_F(CheckpointerTest, AFullDiskIsToldOnceAndNotHereIfItIsTheEnd) {
  FileFaults const full{storage::io::Op::kRename, FileFaults::always(ENOSPC)};
  test::LogCapture const log{LogLevel::kWarn};
  points_.start(false, Failure{Errc::kDiskFull, ENOSPC, "the first claim"});
  have(0, 3);

  points_.finish([] {}, Errc::kDiskFull);
  settle();

  EXPECT_EQ(log.count("resume_not_saved"), 0u);
}

TEST_F(CheckpointerTest, WhatIsNotSavedIsToldOnceWhenASecondTryFails) {
  FileFaults const full{storage::io::Op::kRename, FileFaults::always(ENOSPC)};
  test::LogCapture const log{LogLevel::kWarn};
  points_.start(false);
  have(0, 3);
  pass(Checkpointer::kFirst);
  EXPECT_EQ(log.count("resume_not_saved"), 0u);

  for (int tries = 0; tries < 4; ++tries) pass(Checkpointer::kPause);
  EXPECT_EQ(log.count("resume_not_saved"), 1u);

  points_.finish([] {});
  settle();
  EXPECT_EQ(log.count("resume_not_saved"), 1u);
}

TEST_F(CheckpointerTest, WhatIsNotSavedIsToldAtTheEndThatHasAnotherReason) {
  FileFaults const full{storage::io::Op::kRename, FileFaults::always(ENOSPC)};
  test::LogCapture const log{LogLevel::kWarn};
  points_.start(false);
  have(0, 3);

  points_.finish([] {}, Errc::kNotFound);
  settle();

  EXPECT_EQ(log.count("resume_not_saved"), 1u);
}

}  // namespace
}  // namespace btfast
