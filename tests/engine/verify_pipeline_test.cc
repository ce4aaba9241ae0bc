#include "engine/pieces/verify_pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/base/limits.h"
#include "engine/worker_pool.h"
#include "tests/support/eventually.h"
#include "tests/support/sim_executor.h"
#include "tests/support/small_torrent.h"

namespace btfast {
namespace {

using test::SimExecutor;
using test::SmallTorrent;

constexpr std::uint32_t kBlock = limits::kBlockSize;

struct Bench {
  Bench(Executor& workers, std::uint64_t total, std::uint32_t piece_length,
        std::uint64_t budget = 64 * kMiB)
      : torrent(total, piece_length, budget),
        pipeline(workers, torrent.storage, torrent.geometry, torrent.hashes, events) {}

  SmallTorrent torrent;
  test::EventLog events;
  VerifyPipeline pipeline;
};

TEST(VerifyPipeline, FillsTheLanesOfOneWorkerBeforeItStartsASecond) {
  SimExecutor workers{1, /*concurrency=*/3};
  Bench bench{workers, 40 * kBlock, kBlock};
  BlockQueue::Producer producer{bench.pipeline.queue()};
  std::vector<std::size_t> started;

  for (std::uint32_t p = 0; p < 20; ++p) {
    bench.torrent.deliver_all(bench.torrent.start(p), producer);
    started.push_back(workers.waiting());
  }

  EXPECT_EQ(started[0], 1u);
  EXPECT_EQ(started[3], 1u);
  EXPECT_EQ(started[4], 2u);
  EXPECT_EQ(started[7], 2u);
  EXPECT_EQ(started[8], 3u);
  EXPECT_EQ(started[19], 3u) << "no more than the executor has";
  workers.run_all();
  EXPECT_EQ(bench.events.outcomes().size(), 20u);
  EXPECT_TRUE(bench.pipeline.idle());
}

TEST(VerifyPipeline, StartsAWorkerAgainAfterTheLastOneLeft) {
  SimExecutor workers{1};
  Bench bench{workers, 2 * kBlock, kBlock};
  BlockQueue::Producer producer{bench.pipeline.queue()};
  bench.torrent.deliver_all(bench.torrent.start(0), producer);
  workers.run_all();

  bench.torrent.deliver_all(bench.torrent.start(1), producer);

  EXPECT_FALSE(bench.pipeline.idle());
  EXPECT_EQ(workers.run_all(), 1u);
  EXPECT_TRUE(bench.torrent.written_right());
}

TEST(VerifyPipeline, ClosedItLetsPiecesGoAndBecomesIdle) {
  SimExecutor workers{1};
  Bench bench{workers, 2 * kBlock, kBlock};
  BlockQueue::Producer producer{bench.pipeline.queue()};
  bench.torrent.deliver_all(bench.torrent.start(0), producer);

  bench.pipeline.close();
  workers.run_all();

  EXPECT_TRUE(bench.pipeline.idle());
  EXPECT_TRUE(bench.events.outcomes().empty());
}

// Method: one piece at a time.  The next is ready before, and pushed the moment the last is
// published, which is when its worker finds the queue empty and leaves; a little later each
// time, to meet every instruction of it.  A piece that is left behind stays unpublished for
// ever.  (Checked by mutation: a run() that returns without looking at the queue again fails
// in one run of four on two busy cores.)
TEST(VerifyPipeline, APushThatMeetsALeavingWorkerIsNotLost) {
  constexpr std::uint32_t kPieces = 30'000;
  WorkerPool workers{2};
  Bench bench{workers, std::uint64_t{kPieces} * 64, 64};
  BlockQueue::Producer producer{bench.pipeline.queue()};

  for (std::uint32_t p = 0; p < kPieces; ++p) {
    PieceAssignment const piece = bench.torrent.start(p);
    for (BlockClaim& claim : bench.torrent.claim(piece)) (void)bench.torrent.deliver(claim);
    PieceIndex const last{p == 0 ? 0 : p - 1};
    ASSERT_TRUE(p == 0 || test::eventually([&] { return bench.torrent.map.has(last); })) << p;
    for (std::uint32_t delay = p % 512; delay > 0; --delay) (void)bench.pipeline.idle();
    producer.push(piece.assembly());
  }
  ASSERT_TRUE(test::eventually([&] { return bench.torrent.map.complete(); }));

  EXPECT_TRUE(bench.torrent.written_right());
}

// Method: two net threads share every piece: each claims what it can of pieces in random
// states, while three workers verify.  The budget holds a few pieces only, so that memory
// goes round.  All must be had, written right, and told once.
TEST(VerifyPipeline, TwoProducersAndThreeWorkersFinishEveryPieceOnce) {
  constexpr std::uint32_t kPiece = 80 * kBlock;  // larger than what is handed over whole
  constexpr std::uint32_t kPieces = 48;
  WorkerPool workers{3};
  Bench bench{workers, std::uint64_t{kPieces} * kPiece - 5, kPiece, 8 * kPiece};
  SmallTorrent& torrent = bench.torrent;

  auto const fetch = [&](bool joins) {
    BlockQueue::Producer producer{bench.pipeline.queue()};
    auto const any = [](PieceIndex) { return true; };
    while (!torrent.map.complete()) {
      std::optional<PieceAssignment> piece;
      if (joins) piece = torrent.active.try_join(any, CoarseTime{});
      StartRefusal why{};
      for (std::uint32_t p = 0; p < kPieces && !piece && why != StartRefusal::kBudget; ++p) {
        piece = torrent.active.try_start(PieceIndex{p}, why);
      }
      if (!piece) {
        std::this_thread::yield();
        continue;
      }
      for (BlockClaim& claim : torrent.claim(*piece, 7)) {
        if (torrent.deliver(claim).hand_off) producer.push(piece->assembly());
      }
      while (!joins && (*piece)->has_unclaimed()) {
        for (BlockClaim& claim : torrent.claim(*piece, 5)) {
          if (torrent.deliver(claim).hand_off) producer.push(piece->assembly());
        }
      }
    }
  };
  {
    std::jthread const joiner{fetch, true};
    fetch(false);
  }
  ASSERT_TRUE(test::eventually([&] { return bench.pipeline.idle(); }));

  EXPECT_EQ(bench.events.outcomes().size(), kPieces);
  EXPECT_EQ(bench.pipeline.counters().bytes_hashed, torrent.geometry.total_size());
  EXPECT_EQ(bench.pipeline.counters().bytes_written, torrent.geometry.total_size());
  EXPECT_TRUE(torrent.written_right());
  EXPECT_EQ(torrent.active.bytes_in_flight(), 0u);
}

// A torrent is removed while its pieces are hashed and written.
TEST(VerifyPipeline, EndsInTheMiddleOfWorkWithoutLeavingAnythingBehind) {
  WorkerPool workers{2};
  for (int round = 0; round < 200; ++round) {
    Bench bench{workers, 12 * 8 * kBlock, 8 * kBlock};
    BlockQueue::Producer producer{bench.pipeline.queue()};

    for (std::uint32_t p = 0; p < 12; ++p) {
      bench.torrent.deliver_all(bench.torrent.start(p), producer);
    }
    if (round % 2 == 0) bench.pipeline.close();
  }
}

}  // namespace
}  // namespace btfast
