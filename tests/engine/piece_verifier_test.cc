#include "engine/pieces/piece_verifier.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "engine/base/limits.h"
#include "tests/support/small_torrent.h"

namespace btfast {
namespace {

using test::kAlice;
using test::kBob;
using test::SmallTorrent;
using Kind = PieceOutcome::Kind;

constexpr std::uint32_t kBlock = limits::kBlockSize;

struct Bench {
  explicit Bench(std::uint64_t total, std::uint32_t piece_length, std::uint64_t budget = 64 * kMiB)
      : torrent(total, piece_length, budget) {}

  void drain() { verifier.drain(queue, discard); }

  SmallTorrent torrent;
  test::EventLog events;
  VerifyCounters counters;
  PieceVerifier verifier{torrent.geometry, torrent.hashes, torrent.storage, events, counters};
  BlockQueue queue{[](std::size_t) {}};
  BlockQueue::Producer producer{queue};
  std::atomic<bool> discard{false};
};

TEST(PieceVerifier, WritesAGoodPieceOnceAndThenPublishesIt) {
  Bench bench{6 * kBlock, 4 * kBlock};
  bench.torrent.deliver_all(bench.torrent.start(0), bench.producer);

  bench.drain();

  auto const outcomes = bench.events.outcomes();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].kind, Kind::kHave);
  EXPECT_EQ(outcomes[0].piece, PieceIndex{0});
  EXPECT_FALSE(outcomes[0].completed_torrent);
  EXPECT_TRUE(bench.torrent.map.has(PieceIndex{0}));
  EXPECT_EQ(bench.torrent.storage.writes(), 1u);
  EXPECT_EQ(bench.counters.bytes_hashed, 4 * kBlock);
  EXPECT_EQ(bench.counters.bytes_written, 4 * kBlock);
  EXPECT_EQ(bench.torrent.active.bytes_in_flight(), 0u);
}

TEST(PieceVerifier, HashesManyPiecesOfEverySizeTogetherAndSaysWhichCompletedTheTorrent) {
  Bench bench{9 * 5 * kBlock + 77, 5 * kBlock};
  for (std::uint32_t p = 0; p < 10; ++p) {
    bench.torrent.deliver_all(bench.torrent.start(p), bench.producer);
  }

  bench.drain();

  auto const outcomes = bench.events.outcomes();
  ASSERT_EQ(outcomes.size(), 10u);
  int completions = 0;
  for (auto const& o : outcomes) completions += o.completed_torrent ? 1 : 0;
  EXPECT_EQ(completions, 1);
  EXPECT_TRUE(outcomes.back().completed_torrent);
  EXPECT_TRUE(bench.torrent.written_right());
}

TEST(PieceVerifier, HashesALargePieceAsItsRunsArrive) {
  Bench bench{4 * kMiB, 4 * kMiB};
  auto const piece = bench.torrent.start(0);
  auto claims = bench.torrent.claim(piece);
  std::vector<std::uint64_t> hashed;

  for (BlockClaim& claim : claims) {
    if (!bench.torrent.deliver(claim).hand_off) continue;
    bench.producer.push(piece.assembly());
    bench.drain();
    hashed.push_back(bench.counters.bytes_hashed);
  }

  EXPECT_EQ(hashed.front(), limits::kRunBytes);
  EXPECT_EQ(hashed.back(), 4 * kMiB);
  EXPECT_EQ(bench.torrent.storage.writes(), 4u);
  EXPECT_TRUE(bench.torrent.map.complete());
  EXPECT_TRUE(bench.torrent.written_right());
}

TEST(PieceVerifier, WritesCopiesAndBlocksInPlaceAlike) {
  Bench bench{3 * kBlock + 9, 3 * kBlock + 9};
  auto const piece = bench.torrent.start(0);
  auto claims = bench.torrent.claim(piece);
  auto const bytes = bench.torrent.block(claims[1].range());
  EXPECT_TRUE(piece->commit_copy(BlockIndex{1}, kBob, bytes).first);
  std::memset(claims[1].destination(), 0xee, kBlock);
  for (std::size_t i : {0u, 2u, 3u}) (void)bench.torrent.deliver(claims[i]);

  bench.producer.push(piece.assembly());
  bench.drain();

  EXPECT_TRUE(bench.torrent.written_right());
}

TEST(PieceVerifier, ABadPieceIsNotWrittenNamesItsSendersAndCanBeFetchedAgain) {
  Bench bench{4 * kBlock, 4 * kBlock};
  {
    auto const piece = bench.torrent.start(0);
    auto claims = bench.torrent.claim(piece);
    for (std::size_t i = 0; i < 4; ++i) {
      auto const bytes = bench.torrent.block(claims[i].range());
      std::memcpy(claims[i].destination(), bytes.data(), bytes.size());
      if (i == 2) claims[i].destination()[77] ^= std::byte{1};
      (void)std::move(claims[i]).commit(i == 2 ? kBob : kAlice);
    }
    bench.producer.push(piece.assembly());
  }

  bench.drain();

  auto const outcomes = bench.events.outcomes();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].kind, Kind::kBadHash);
  EXPECT_EQ(outcomes[0].senders, (std::vector<PeerHandle>{kAlice, kBob}));
  ASSERT_EQ(outcomes[0].blocks.size(), 4u);
  EXPECT_EQ(outcomes[0].blocks[2].from, kBob);
  EXPECT_EQ(outcomes[0].blocks[1].digest,
            sha1(bench.torrent.block({PieceIndex{0}, kBlock, kBlock})));
  EXPECT_EQ(bench.torrent.storage.writes(), 0u);
  bench.torrent.deliver_all(bench.torrent.start(0), bench.producer);
  bench.drain();
  EXPECT_TRUE(bench.torrent.written_right());
}

TEST(PieceVerifier, WhenAPieceThatFailedIsRightItsBlocksAreTold) {
  Bench bench{8 * kBlock, 4 * kBlock};
  {
    auto const piece = bench.torrent.start(0);
    for (BlockClaim& claim : bench.torrent.claim(piece)) (void)std::move(claim).commit(kAlice);
    bench.producer.push(piece.assembly());
  }
  bench.drain();
  for (std::uint32_t p : {0u, 1u}) {
    auto const piece = bench.torrent.start(p);
    EXPECT_EQ(piece->failed_before(), p == 0);
    piece->keep_alone(CoarseTime{});
    bench.torrent.deliver_all(piece, bench.producer);
  }

  bench.drain();

  auto const outcomes = bench.events.outcomes();
  ASSERT_EQ(outcomes.size(), 3u);
  ASSERT_EQ(outcomes[1].kind, Kind::kHave);
  ASSERT_EQ(outcomes[1].blocks.size(), 4u);
  EXPECT_NE(outcomes[0].blocks[3].digest, outcomes[1].blocks[3].digest);
  EXPECT_EQ(outcomes[1].senders, (std::vector<PeerHandle>{kAlice}));
  EXPECT_TRUE(outcomes[2].blocks.empty());
}

TEST(PieceVerifier, WritesALargePieceASegmentAtATimeOnceItIsRight) {
  constexpr std::uint32_t kPiece = 3 * limits::kSegmentBytes + kBlock;
  Bench bench{kPiece, kPiece};
  auto const piece = bench.torrent.start(0);
  ASSERT_FALSE(piece->streamed());
  auto claims = bench.torrent.claim(piece);
  for (std::size_t i = 0; i + 1 < claims.size(); ++i) {
    if (bench.torrent.deliver(claims[i]).hand_off) bench.producer.push(piece.assembly());
  }
  bench.drain();
  EXPECT_EQ(bench.torrent.storage.writes(), 0u);
  ASSERT_TRUE(bench.torrent.deliver(claims.back()).hand_off);
  while (claims.size() > 1) claims.pop_back();
  bench.producer.push(piece.assembly());

  bench.drain();

  EXPECT_EQ(bench.torrent.storage.writes(), 4u);
  EXPECT_TRUE(bench.torrent.written_right());
  EXPECT_EQ(bench.torrent.active.bytes_in_flight(), limits::kSegmentBytes) << "a claim is alive";
}

TEST(PieceVerifier, WhenALargePieceThatFailedIsRightItsBlocksAreTold) {
  constexpr std::uint32_t kPiece = 2 * limits::kSegmentBytes;
  Bench bench{kPiece, kPiece};
  {
    auto const piece = bench.torrent.start(0);
    auto claims = bench.torrent.claim(piece);
    std::memset(claims.front().destination(), 7, kBlock);
    for (BlockClaim& claim : claims) (void)std::move(claim).commit(kAlice);
    bench.producer.push(piece.assembly());
  }
  bench.drain();
  bench.torrent.deliver_all(bench.torrent.start(0), bench.producer);

  bench.drain();

  auto const outcomes = bench.events.outcomes();
  ASSERT_EQ(outcomes.size(), 2u);
  ASSERT_EQ(outcomes[1].kind, Kind::kHave);
  ASSERT_EQ(outcomes[1].blocks.size(), kPiece / kBlock);
  EXPECT_EQ(outcomes[1].blocks[70].digest,
            sha1(bench.torrent.block({PieceIndex{0}, 70 * kBlock, kBlock})));
}

TEST(PieceVerifier, ABadStreamedPieceIsReadAgainForItsDigests) {
  constexpr std::uint32_t kPiece = 4 * kMiB;
  Bench bench{kPiece, kPiece, 4 * kMiB};
  ASSERT_TRUE(bench.torrent.storage.prepare());
  {
    auto const piece = bench.torrent.start(0);
    ASSERT_TRUE(piece->streamed());
    for (auto claims = bench.torrent.claim(piece); !claims.empty();
         claims = bench.torrent.claim(piece)) {
      for (BlockClaim& claim : claims) {
        auto const range = claim.range();
        auto bytes = bench.torrent.block(range);
        if (range.begin == 3 * kBlock) bytes[5] ^= std::byte{1};
        std::memcpy(claim.destination(), bytes.data(), bytes.size());
        if (std::move(claim).commit(kAlice).hand_off) bench.producer.push(piece.assembly());
      }
      claims.clear();
      bench.drain();
    }
  }

  bench.drain();

  auto const outcomes = bench.events.outcomes();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].kind, Kind::kBadHash);
  ASSERT_EQ(outcomes[0].blocks.size(), kPiece / kBlock);
  auto const right = [&](std::uint32_t b) {
    return sha1(bench.torrent.block({PieceIndex{0}, b * kBlock, kBlock}));
  };
  EXPECT_EQ(outcomes[0].blocks[2].digest, right(2));
  EXPECT_NE(outcomes[0].blocks[3].digest, right(3));
}

// What the counters said during a write.
class WatchedStorage final : public storage::Storage {
 public:
  WatchedStorage(storage::Storage& below, VerifyCounters const& counters)
      : below_(below), counters_(counters) {}
  Outcome prepare() override { return kOk; }
  Outcome write(std::uint64_t offset, std::span<iovec const> from) override {
    writing = counters_.writing_workers;
    bytes = counters_.bytes_writing;
    return below_.write(offset, from);
  }
  Outcome read(std::uint64_t at, std::span<std::byte> into) override {
    return below_.read(at, into);
  }
  Outcome try_read(std::uint64_t at, std::span<std::byte> into) override {
    return below_.try_read(at, into);
  }
  Outcome sync() override { return kOk; }

  int writing = 0;
  std::uint64_t bytes = 0;

 private:
  storage::Storage& below_;
  VerifyCounters const& counters_;
};

TEST(PieceVerifier, AWriteUnderWayIsCountedUntilItReturns) {
  Bench bench{4 * kBlock, 4 * kBlock};
  WatchedStorage watched{bench.torrent.storage, bench.counters};
  PieceVerifier verifier{bench.torrent.geometry, bench.torrent.hashes, watched, bench.events,
                         bench.counters};
  bench.torrent.deliver_all(bench.torrent.start(0), bench.producer);

  verifier.drain(bench.queue, bench.discard);

  EXPECT_EQ(watched.writing, 1);
  EXPECT_EQ(watched.bytes, 4 * kBlock);
  EXPECT_EQ(bench.counters.writing_workers, 0);
  EXPECT_EQ(bench.counters.bytes_writing, 0u);
}

TEST(PieceVerifier, AFailedWriteIsReportedWithItsReasonAndPublishesNothing) {
  Bench bench{4 * kBlock, 4 * kBlock};
  bench.torrent.storage.fail_writes(1, 1, ENOSPC);
  bench.torrent.deliver_all(bench.torrent.start(0), bench.producer);

  bench.drain();

  auto const outcomes = bench.events.outcomes();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].kind, Kind::kWriteFailed);
  EXPECT_EQ(outcomes[0].error, (Error{Errc::kDiskFull, ENOSPC}));
  EXPECT_NE(outcomes[0].failure.find("file"), std::string::npos);
  EXPECT_TRUE(bench.torrent.map.looks_missing(PieceIndex{0}));
  EXPECT_EQ(bench.torrent.active.bytes_in_flight(), 0u);
}

TEST(PieceVerifier, DiscardsWhatIsQueuedWhenTold) {
  Bench bench{4 * kBlock, 4 * kBlock};
  bench.torrent.deliver_all(bench.torrent.start(0), bench.producer);
  bench.discard = true;

  bench.drain();

  EXPECT_TRUE(bench.events.outcomes().empty());
  EXPECT_EQ(bench.torrent.storage.writes(), 0u);
  EXPECT_EQ(bench.queue.waiting(), 0u);
}

// -- pieces larger than a quarter of the budget ----------------------------------------------

// Claims and delivers while the budget gives, verifies, and goes on, to the end.
void stream(Bench& bench, PieceAssignment const& piece, bool spoil) {
  for (int turns = 0; turns < 100 && piece->has_unclaimed(); ++turns) {
    for (BlockClaim& claim : bench.torrent.claim(piece)) {
      auto bytes = bench.torrent.block(claim.range());
      if (spoil && claim.range().begin == 0) bytes[0] ^= std::byte{1};
      std::memcpy(claim.destination(), bytes.data(), bytes.size());
      if (std::move(claim).commit(kAlice).hand_off) bench.producer.push(piece.assembly());
    }
    bench.drain();
  }
}

TEST(PieceVerifier, StreamsAPieceThatIsLargerThanTheBudget) {
  Bench bench{5 * kMiB + 5, 5 * kMiB + 5, 2 * kMiB};
  auto const piece = bench.torrent.start(0);

  stream(bench, piece, /*spoil=*/false);

  EXPECT_TRUE(bench.torrent.map.complete());
  EXPECT_TRUE(bench.torrent.written_right());
  EXPECT_EQ(bench.torrent.storage.writes(), 6u);
  EXPECT_EQ(bench.torrent.active.bytes_in_flight(), 0u);
}

TEST(PieceVerifier, AStreamedPieceThatTurnsOutBadIsFetchedAgain) {
  Bench bench{3 * kMiB, 3 * kMiB, 2 * kMiB};

  stream(bench, bench.torrent.start(0), /*spoil=*/true);
  ASSERT_EQ(bench.events.outcomes().size(), 1u);
  EXPECT_EQ(bench.events.outcomes()[0].kind, Kind::kBadHash);
  EXPECT_FALSE(bench.torrent.map.complete());
  stream(bench, bench.torrent.start(0), /*spoil=*/false);

  EXPECT_TRUE(bench.torrent.map.complete());
  EXPECT_TRUE(bench.torrent.written_right());
}

TEST(PieceVerifier, AStreamedPieceWhoseWriteFailsEndsThere) {
  Bench bench{3 * kMiB, 3 * kMiB, 2 * kMiB};
  bench.torrent.storage.fail_writes(2, 1, EIO);

  stream(bench, bench.torrent.start(0), /*spoil=*/false);

  ASSERT_EQ(bench.events.outcomes().size(), 1u);
  EXPECT_EQ(bench.events.outcomes()[0].kind, Kind::kWriteFailed);
  EXPECT_EQ(bench.torrent.active.bytes_in_flight(), 0u);
}

}  // namespace
}  // namespace btfast
