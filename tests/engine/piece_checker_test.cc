#include "engine/content/piece_checker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "engine/base/sha1.h"
#include "storage/file_storage.h"
#include "storage/memory_storage.h"
#include "tests/support/file_faults.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

using storage::FileMap;
using storage::MemoryStorage;
using test::pattern;

// Runs every job, those of jobs too, on the thread that waits.
class InlineExecutor final : public Executor {
 public:
  explicit InlineExecutor(int concurrency = 1) : concurrency_(concurrency) {}
  void submit(Job job) override {
    jobs_.push_back(std::move(job));
    if (running_) return;
    running_ = true;
    for (; !jobs_.empty(); jobs_.pop_front()) jobs_.front()();
    running_ = false;
  }
  int concurrency() const noexcept override { return concurrency_; }

 private:
  std::deque<Job> jobs_;
  int const concurrency_;
  bool running_ = false;
};

// A thread a job: as much at once as there can be.
class ThreadExecutor final : public Executor {
 public:
  void submit(Job job) override {
    ++alive_;
    std::thread{[this, job = std::move(job)]() mutable {
      job();
      job = nullptr;
      --alive_;
    }}.detach();
  }
  int concurrency() const noexcept override { return 4; }
  ~ThreadExecutor() override {
    while (alive_ > 0) std::this_thread::yield();
  }

 private:
  std::atomic<int> alive_{0};
};

struct Torrent {
  Torrent(std::uint64_t total, std::uint32_t piece_length)
      : geometry(*PieceGeometry::make(total, piece_length)), bytes(pattern(0, total)) {
    rehash();
  }
  void rehash() {
    hashes.clear();
    for (std::uint32_t p = 0; p < geometry.piece_count(); ++p) {
      hashes.push_back(sha1(
          std::span{bytes}.subspan(static_cast<std::size_t>(geometry.piece_offset(PieceIndex{p})),
                                   geometry.piece_size(PieceIndex{p}))));
    }
  }
  CheckReport check(storage::Storage& from, Executor& executor) const {
    return std::make_shared<PieceChecker>(from, geometry, hashes)->run(executor);
  }
  CheckReport check(storage::Storage& from) const {
    InlineExecutor executor;
    return check(from, executor);
  }

  PieceGeometry geometry;
  std::vector<std::byte> bytes;
  std::vector<Sha1Digest> hashes;
};

std::vector<std::uint32_t> values(std::vector<PieceIndex> const& pieces) {
  std::vector<std::uint32_t> out;
  for (auto const piece : pieces) out.push_back(piece.value);
  return out;
}
using List = std::vector<std::uint32_t>;

class PieceCheckerSizes : public testing::TestWithParam<std::pair<std::uint64_t, std::uint32_t>> {};

TEST_P(PieceCheckerSizes, GoodPiecesAreGoodAndAFlippedBitShowsInItsPieceOnly) {
  auto const [total, piece_length] = GetParam();
  Torrent const torrent{total, piece_length};
  MemoryStorage from{FileMap{{{"a", total}}}};
  ASSERT_TRUE(from.prepare());
  from.fill(0, torrent.bytes);
  ThreadExecutor executor;

  EXPECT_TRUE(torrent.check(from, executor).good.all());

  for (std::uint32_t p = 0; p < torrent.geometry.piece_count(); p += 3) {
    std::uint64_t const at = torrent.geometry.piece_offset(PieceIndex{p}) +
                             torrent.geometry.piece_size(PieceIndex{p}) - 1;
    std::byte const flipped = torrent.bytes[static_cast<std::size_t>(at)] ^ std::byte{1};
    from.fill(at, {&flipped, 1});
    auto const report = torrent.check(from, executor);
    EXPECT_EQ(values(report.bad), List{p});
    EXPECT_EQ(report.good.count(), torrent.geometry.piece_count() - 1);
    from.fill(at, std::span{torrent.bytes}.subspan(static_cast<std::size_t>(at), 1));
  }
}

INSTANTIATE_TEST_SUITE_P(SmallLargeAndUneven, PieceCheckerSizes,
                         testing::Values(std::pair{1u, 16384u}, std::pair{16384u * 9, 16384u},
                                         std::pair{16384u * 130 + 1, 16384u},
                                         std::pair{2'500'000u, 262'144u},
                                         std::pair{7u << 20, 1u << 20},
                                         std::pair{(14u << 20) + 12'345, 3u << 20},
                                         std::pair{5'000'000u, 1'500'000u}));

TEST(PieceChecker, MissingFileTakesOnlyItsOwnPieces) {
  Torrent const torrent{10 * 16384, 16384};
  MemoryStorage from{FileMap{{{"a", 40'000}, {"gone", 30'000}, {"b", 93'840}}}};
  ASSERT_TRUE(from.prepare());
  from.fill(0, torrent.bytes);
  from.remove_file(FileIndex{1});

  auto const report = torrent.check(from);

  EXPECT_EQ(values(report.missing), (List{2, 3, 4}));
  EXPECT_TRUE(report.bad.empty());
  EXPECT_EQ(report.good.count(), 7u);
  EXPECT_FALSE(report.failure);
}

TEST(PieceChecker, UnreadablePieceIsNamedWithItsReason) {
  Torrent const torrent{4 * 16384, 16384};
  MemoryStorage from{FileMap{{{"a", 4 * 16384}}}};
  ASSERT_TRUE(from.prepare());
  from.fill(0, torrent.bytes);
  from.fail_reads(1, 2, EIO);  // the read of all four, and of the first alone

  auto const report = torrent.check(from);

  EXPECT_EQ(values(report.unreadable), List{0});
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->error(), (Error{Errc::kDiskIo, EIO}));
  EXPECT_EQ(report.good.count(), 3u);
}

TEST(PieceChecker, LargePieceThatFailsHalfWayLeavesItsNeighboursGood) {
  Torrent const torrent{6u << 20, 2u << 20};
  MemoryStorage from{FileMap{{{"a", 6u << 20}}}};
  ASSERT_TRUE(from.prepare());
  from.fill(0, torrent.bytes);
  from.fail_reads(5, 1, EIO);  // the second half of the second piece

  auto const report = torrent.check(from);

  EXPECT_EQ(values(report.unreadable), List{1});
  EXPECT_EQ(report.good.count(), 2u);
}

TEST(PieceChecker, FreshFilesAreNotReadAndPiecesOfZerosAreGood) {
  Torrent torrent{5 * 16384 + 100, 16384};
  std::fill_n(torrent.bytes.begin() + 2 * 16384, 16384, std::byte{0});
  std::fill(torrent.bytes.begin() + 5 * 16384, torrent.bytes.end(), std::byte{0});
  torrent.rehash();
  test::TempDir dir;
  storage::FileStorage from{dir.path().string(), FileMap{{{"a", torrent.bytes.size()}}}};
  ASSERT_TRUE(from.prepare());
  if (!from.is_hole(0, torrent.bytes.size())) GTEST_SKIP() << "no holes on this file system";
  test::FileFaults const faults{storage::io::Op::kRead, test::FileFaults::always(EIO)};

  auto const report = torrent.check(from);

  EXPECT_EQ(values(report.bad), (List{0, 1, 3, 4}));
  EXPECT_EQ(report.good.count(), 2u);
  EXPECT_TRUE(report.missing.empty());
}

TEST(PieceChecker, WhatIsNotThereIsMissingWithoutBeingAskedFor) {
  Torrent torrent{10 * 16384, 16384};
  std::fill_n(torrent.bytes.begin(), 16384, std::byte{0});
  torrent.rehash();
  test::TempDir dir;
  std::ofstream{dir / "b", std::ios::binary}.write(
      reinterpret_cast<char const*>(torrent.bytes.data() + 4 * 16384), 2 * 16384 + 100);
  FileMap const map{{{"a", 4 * 16384}, {"b", 3 * 16384}, {"c", 3 * 16384}}};
  storage::FileStorage from{dir.path().string(), map};
  ASSERT_TRUE(from.look());
  auto const checker = std::make_shared<PieceChecker>(from, torrent.geometry, torrent.hashes);
  InlineExecutor executor;

  EXPECT_TRUE(checker->anything_there());
  auto const report = checker->run(executor);

  EXPECT_EQ(values(report.missing), (List{0, 1, 2, 3, 6, 7, 8, 9}));
  EXPECT_EQ(report.good.count(), 2u);
  EXPECT_FALSE(std::filesystem::exists(dir / "a"));
}

TEST(PieceChecker, NothingIsThereBeforeAnythingWasMade) {
  Torrent const torrent{4 * 16384, 16384};
  test::TempDir dir;
  storage::FileStorage from{(dir / "new").string(), FileMap{{{"a", 4 * 16384}}}};
  ASSERT_TRUE(from.look());

  auto const checker = std::make_shared<PieceChecker>(from, torrent.geometry, torrent.hashes);

  EXPECT_FALSE(checker->anything_there());
  EXPECT_FALSE(std::filesystem::exists(dir / "new"));
}

TEST(PieceChecker, FilesHalfFilledKeepTheirGoodPieces) {
  Torrent const torrent{200 * 16384, 16384};
  test::TempDir dir;
  FileMap const map{{{"a", 100 * 16384}, {"b", 100 * 16384}}};
  auto bytes = torrent.bytes;
  {
    storage::FileStorage first{dir.path().string(), map};
    ASSERT_TRUE(first.prepare());
    iovec const half{bytes.data() + 50 * 16384, 50 * 16384};
    ASSERT_TRUE(first.write(50 * 16384, {&half, 1}));
  }
  storage::FileStorage again{dir.path().string(), map};
  ASSERT_TRUE(again.prepare());

  auto const report = torrent.check(again);

  EXPECT_EQ(report.good.count(), 50u);
  for (std::uint32_t p = 50; p < 100; ++p) EXPECT_TRUE(report.good.test(p)) << p;
}

TEST(PieceChecker, CancelledCheckEndsEarlyAndSaysSo) {
  Torrent const torrent{1000 * 16384, 16384};
  MemoryStorage from{FileMap{{{"a", 1000 * 16384}}}};
  ASSERT_TRUE(from.prepare());
  from.fill(0, torrent.bytes);
  std::shared_ptr<PieceChecker> checker;
  checker = std::make_shared<PieceChecker>(from, torrent.geometry, torrent.hashes,
                                           [&](std::uint32_t) { checker->cancel(); });
  InlineExecutor executor;

  auto const report = checker->run(executor);

  EXPECT_TRUE(report.cancelled);
  EXPECT_EQ(report.good.count(), checker->checked());
  EXPECT_GT(report.good.count(), 0u);
  EXPECT_LT(report.good.count(), 1000u);
}

TEST(PieceChecker, ProgressCountsOnlyThePiecesAskedFor) {
  Torrent const torrent{1000 * 16384, 16384};
  MemoryStorage from{FileMap{{{"a", 1000 * 16384}}}};
  ASSERT_TRUE(from.prepare());
  from.fill(0, torrent.bytes);
  std::vector<std::uint32_t> told;
  auto const checker =
      std::make_shared<PieceChecker>(from, torrent.geometry, torrent.hashes,
                                     [&](std::uint32_t checked) { told.push_back(checked); });
  Bitfield only{1000};
  for (std::uint32_t p = 990; p < 1000; ++p) only.set(PieceIndex{p});
  checker->restrict_to(only);
  InlineExecutor executor;

  checker->run(executor);

  EXPECT_EQ(checker->pieces(), 10u);
  EXPECT_EQ(checker->checked(), 10u);
  ASSERT_FALSE(told.empty());
  EXPECT_LE(told.size(), 10u);
  EXPECT_EQ(told.back(), 10u);
}

TEST(PieceChecker, ProgressReachesEveryPiece) {
  Torrent const torrent{1000 * 16384, 16384};
  MemoryStorage from{FileMap{{{"a", 1000 * 16384}}}};
  ASSERT_TRUE(from.prepare());
  std::atomic<std::uint32_t> most{0};
  auto const note = [&](std::uint32_t checked) {
    auto seen = most.load();
    while (seen < checked && !most.compare_exchange_weak(seen, checked)) {
    }
  };
  ThreadExecutor executor;

  std::make_shared<PieceChecker>(from, torrent.geometry, torrent.hashes, note)->run(executor);

  EXPECT_EQ(most, 1000u);
}

TEST(PieceChecker, MoreWorkersThanPiecesFinishOnce) {
  Torrent const torrent{100, 16384};
  MemoryStorage from{FileMap{{{"a", 100}}}};
  ASSERT_TRUE(from.prepare());
  from.fill(0, torrent.bytes);
  InlineExecutor executor{64};
  int finished = 0;

  std::make_shared<PieceChecker>(from, torrent.geometry, torrent.hashes)
      ->start(executor, [&](CheckReport const& report) {
        ++finished;
        EXPECT_TRUE(report.good.all());
      });

  EXPECT_EQ(finished, 1);
}

TEST(PieceChecker, OnlyThePiecesAskedForAreLookedAt) {
  Torrent const torrent{20 * 16384, 16384};
  MemoryStorage from{FileMap{{{"a", 20 * 16384}}}};
  ASSERT_TRUE(from.prepare());
  from.fill(0, torrent.bytes);
  Bitfield only{20};
  for (std::uint32_t p : {0u, 3u, 4u, 5u, 19u}) only.set(p);
  auto const checker = std::make_shared<PieceChecker>(from, torrent.geometry, torrent.hashes);
  InlineExecutor executor{2};

  checker->restrict_to(only);
  auto const report = checker->run(executor);

  EXPECT_EQ(report.good.to_wire(), only.to_wire());
  EXPECT_TRUE(report.bad.empty());
  EXPECT_FALSE(report.cancelled);
}

// Of its pieces `other` there are two kinds, and reads give the one that is wrong first.
class TwoKinds final : public storage::Storage {
 public:
  TwoKinds(std::vector<std::byte> right, std::uint64_t begin, std::uint64_t end)
      : bytes_(std::move(right)), begin_(begin), end_(end) {}

  Outcome prepare() override { return kOk; }
  Outcome write(std::uint64_t, std::span<iovec const>) override { return kOk; }
  Outcome read(std::uint64_t offset, std::span<std::byte> into) override {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    for (std::size_t i = 0; i < into.size() && wrong_; ++i) {
      if (offset + i >= begin_ && offset + i < end_) into[i] ^= std::byte{1};
    }
    return kOk;
  }
  Outcome try_read(std::uint64_t offset, std::span<std::byte> into) override {
    return read(offset, into);
  }
  Outcome sync() override { return kOk; }
  bool turn_over(std::uint64_t offset, std::uint64_t length) override {
    bool const has_two = offset < end_ && begin_ < offset + length;
    if (has_two) wrong_ = !wrong_;
    return has_two;
  }
  bool is_wrong() const { return wrong_; }

 private:
  std::vector<std::byte> const bytes_;
  std::uint64_t const begin_;
  std::uint64_t const end_;
  bool wrong_ = true;
};

// Small pieces are read together, and large ones in parts.
TEST(PieceCheckerTwoKinds, TheOneThatIsRightCounts) {
  for (std::uint32_t const piece : {16u << 10, 1u << 20}) {
    auto const right = pattern(0, 4 * std::uint64_t{piece});
    std::vector<Sha1Digest> hashes;
    for (std::size_t p = 0; p < 4; ++p) {
      hashes.push_back(sha1(std::span{right}.subspan(p * piece, piece)));
    }
    for (bool const known : {true, false}) {
      if (!known) hashes[2] = hashes[1];
      TwoKinds storage{right, 2 * std::uint64_t{piece} + 5, 3 * std::uint64_t{piece}};
      InlineExecutor executor;

      auto const report =
          std::make_shared<PieceChecker>(storage, *PieceGeometry::make(right.size(), piece), hashes)
              ->run(executor);

      EXPECT_EQ(report.good.count(), known ? 4u : 3u);
      EXPECT_EQ(report.bad.size(), known ? 0u : 1u);
      EXPECT_EQ(storage.is_wrong(), !known) << "turned back where neither is right";
    }
  }
}

}  // namespace
}  // namespace btfast
