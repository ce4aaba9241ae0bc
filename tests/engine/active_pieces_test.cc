#include "engine/pieces/active_pieces.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "engine/base/limits.h"
#include "engine/base/rng.h"
#include "tests/support/small_torrent.h"

namespace btfast {
namespace {

using test::kAlice;
using test::SmallTorrent;

constexpr std::uint32_t kBlock = limits::kBlockSize;
constexpr std::uint32_t kPiece = 4 * kBlock;

bool any(PieceIndex) { return true; }

TEST(ActivePieces, AStartedPieceIsTakenForEveryoneElse) {
  SmallTorrent torrent{10 * kPiece, kPiece};
  auto const piece = torrent.start(3);
  StartRefusal why{};

  EXPECT_FALSE(torrent.active.try_start(PieceIndex{3}, why));

  EXPECT_EQ(why, StartRefusal::kTaken);
  EXPECT_EQ(torrent.active.active_count(), 1u);
  EXPECT_EQ(torrent.active.bytes_in_flight(), kPiece);
  EXPECT_TRUE(torrent.active.find(PieceIndex{3}) == piece.assembly());
  EXPECT_FALSE(torrent.active.find(PieceIndex{4}));
}

TEST(ActivePieces, StopsAtTheBudgetAndLeavesThePieceToOthers) {
  SmallTorrent torrent{10 * kPiece, kPiece, 5 * kPiece};
  std::vector<PieceAssignment> pieces;
  for (std::uint32_t p = 0; p < 5; ++p) pieces.push_back(torrent.start(p));
  StartRefusal why{};

  EXPECT_FALSE(torrent.active.try_start(PieceIndex{5}, why));

  EXPECT_EQ(why, StartRefusal::kBudget);
  EXPECT_TRUE(torrent.map.looks_missing(PieceIndex{5}));
  EXPECT_EQ(torrent.active.bytes_in_flight(), torrent.active.budget_bytes());
}

TEST(ActivePieces, OfLargePiecesTheBudgetCountsWhatTheyWillNeed) {
  constexpr std::uint32_t kSegment = limits::kSegmentBytes;
  SmallTorrent torrent{10 * 2 * kSegment, 2 * kSegment, 9 * kSegment};
  std::vector<PieceAssignment> pieces;
  for (std::uint32_t p = 0; p < 4; ++p) pieces.push_back(torrent.start(p));
  StartRefusal why{};

  EXPECT_EQ(torrent.active.bytes_in_flight(), 0u);
  EXPECT_FALSE(torrent.active.try_start(PieceIndex{4}, why));

  EXPECT_EQ(why, StartRefusal::kBudget);
  for (auto const& piece : pieces) {
    EXPECT_EQ(torrent.claim(piece).size(), 2 * kSegment / kBlock);
  }
}

TEST(ActivePieces, AdoptsOnlyPiecesThatNobodyFetches) {
  SmallTorrent torrent{10 * kPiece, kPiece};
  std::optional<PieceAssignment> first = torrent.start(0);
  auto const second = torrent.start(1);
  EXPECT_FALSE(torrent.active.try_adopt(any));

  first.reset();

  EXPECT_FALSE(torrent.active.try_adopt([](PieceIndex p) { return p.value != 0; }));
  auto const adopted = torrent.active.try_adopt(any);
  ASSERT_TRUE(adopted);
  EXPECT_EQ((*adopted)->piece(), PieceIndex{0});
  EXPECT_FALSE(torrent.active.try_adopt(any));
}

TEST(ActivePieces, AClaimThatComesBackMakesAnOrphanOfAPieceThatWasAllClaimed) {
  SmallTorrent torrent{kPiece, kPiece};
  std::optional<PieceAssignment> piece = torrent.start(0);
  auto claims = torrent.claim(*piece);
  piece.reset();
  EXPECT_FALSE(torrent.active.try_adopt(any));

  claims.pop_back();

  EXPECT_TRUE(torrent.active.try_adopt(any));
}

TEST(ActivePieces, JoinsAnyPieceWithUnclaimedBlocks) {
  SmallTorrent torrent{10 * kPiece, kPiece};
  auto const full = torrent.start(0);
  auto const open = torrent.start(1);
  auto const claims = torrent.claim(full);

  auto const joined = torrent.active.try_join(any, CoarseTime{});

  ASSERT_TRUE(joined);
  EXPECT_EQ((*joined)->piece(), PieceIndex{1});
  EXPECT_EQ((*joined)->fetchers(), 2u);
}

TEST(ActivePieces, APieceKeptForOnePeerIsNotJoinedUntilItsTimeIsUp) {
  SmallTorrent torrent{10 * kPiece, kPiece};
  CoarseTime const now{TimePoint{std::chrono::hours{1}}};
  CoarseTime const later{TimePoint{std::chrono::hours{1} + std::chrono::seconds{2}}};
  std::optional<PieceAssignment> piece = torrent.start(0);
  (*piece)->keep_alone(CoarseTime{TimePoint{std::chrono::hours{1} + std::chrono::seconds{1}}});

  EXPECT_FALSE(torrent.active.try_join(any, now));
  EXPECT_TRUE(torrent.active.try_join(any, later));

  piece.reset();
  EXPECT_TRUE(torrent.active.try_adopt(any));
}

TEST(ActivePieces, MissingBlocksSpanPiecesAndObeyTheFilter) {
  SmallTorrent torrent{10 * kPiece, kPiece};
  auto const first = torrent.start(0);
  auto const second = torrent.start(1);
  auto const claims = torrent.claim(first);
  auto const others = torrent.claim(second);
  std::vector<BlockRange> missing;

  EXPECT_EQ(torrent.active.missing_blocks(any, CoarseTime{}, 6, missing), 6u);
  missing.clear();
  EXPECT_EQ(torrent.active.missing_blocks([](PieceIndex p) { return p.value == 1; }, CoarseTime{},
                                          99, missing),
            4u);

  EXPECT_EQ(missing.front(), (BlockRange{PieceIndex{1}, 0, kBlock}));
}

TEST(ActivePieces, DropsAPieceNobodyFetchesAndGivesItsClaimBack) {
  SmallTorrent torrent{10 * kPiece, kPiece};
  std::optional<PieceAssignment> piece = torrent.start(0);
  EXPECT_FALSE(torrent.active.drop_one(any));
  piece.reset();
  EXPECT_FALSE(torrent.active.drop_one([](PieceIndex) { return false; }));

  EXPECT_TRUE(torrent.active.drop_one(any));

  EXPECT_EQ(torrent.active.bytes_in_flight(), 0u);
  EXPECT_TRUE(torrent.map.looks_missing(PieceIndex{0}));
  EXPECT_FALSE(torrent.active.drop_one(any));
}

TEST(ActivePieces, DoesNotDropAPieceThatAWorkerHas) {
  SmallTorrent torrent{kPiece, kPiece};
  std::optional<PieceAssignment> piece = torrent.start(0);
  AssemblyRef const worker = piece->assembly();
  piece.reset();
  ASSERT_TRUE(worker->admit());

  EXPECT_FALSE(torrent.active.drop_one(any));

  ASSERT_TRUE(worker->leave(1));
  EXPECT_TRUE(torrent.active.drop_one(any));
}

// A piece larger than a quarter of the budget takes its memory as it goes.
TEST(ActivePieces, AStreamedPieceWaitsForMemoryAndGetsIt) {
  constexpr std::uint32_t kSegment = limits::kSegmentBytes;
  SmallTorrent torrent{4 * kSegment, 4 * kSegment, 2 * kSegment};
  auto const piece = torrent.start(0);
  EXPECT_EQ(torrent.active.bytes_in_flight(), 0u);

  auto claims = torrent.claim(piece);
  EXPECT_EQ(claims.size(), 2 * kSegment / kBlock);
  EXPECT_TRUE(piece->has_unclaimed());
  for (BlockClaim& claim : claims) (void)torrent.deliver(claim);
  piece->advance(piece->next_run(kSegment).size());
  piece->written(piece->unwritten());
  EXPECT_TRUE(torrent.claim(piece).empty()) << "claims are alive in the segment";
  claims.clear();

  EXPECT_EQ(torrent.active.bytes_in_flight(), kSegment);
  EXPECT_EQ(torrent.claim(piece).size(), kSegment / kBlock);
}

// Method: four threads live through pieces of a table that is nearly full: start, join,
// adopt, claim, give back, commit, finish, drop, and look up.  Every piece that is whole
// must hold the bytes of its own index, and in the end nothing may be left over.  (Checked
// by mutation: fails when try_ref() increments without looking for zero.)
TEST(ActivePieces, ManyThreadsLeaveNothingBehind) {
  constexpr std::uint32_t kPieces = 16;
  SmallTorrent torrent{kPieces * kPiece, kPiece, 4 * kPiece};
  std::atomic<int> wrong{0};

  auto const live = [&](std::uint64_t seed) {
    Rng rng{seed};
    for (int round = 0; round < 20'000; ++round) {
      PieceIndex const wanted{rng.below(kPieces)};
      StartRefusal why{};
      auto piece = torrent.active.try_start(wanted, why);
      if (!piece) piece = torrent.active.try_adopt(any);
      if (!piece)
        piece = torrent.active.try_join([&](PieceIndex p) { return p == wanted; }, CoarseTime{});
      if (!piece) {
        if (auto const found = torrent.active.find(wanted)) wrong += found->piece() != wanted;
        continue;
      }
      for (auto& claim : torrent.claim(*piece, 1 + rng.below(4))) {
        if (rng.one_in(8)) continue;
        std::memset(claim.destination(), static_cast<int>(claim.range().piece.value), 64);
        if (!std::move(claim).commit(kAlice).hand_off) continue;
        if (!(*piece)->admit()) continue;
        // Another thread may have dropped it while we adopted it.
        bool const open = (*piece)->open();
        for (std::uint32_t b = 0; b < 4 && open; ++b) {
          auto const run = (*piece)->next_run(1);
          wrong += run.empty() || run.front() != static_cast<std::byte>((*piece)->piece().value);
          if (!run.empty()) (*piece)->advance(run.size());
        }
        if (open) (void)(*piece)->close();
        while (!(*piece)->leave((*piece)->pending())) {
        }
      }
      piece.reset();
      if (rng.one_in(16)) (void)torrent.active.drop_one(any);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(live, seed);
  }
  while (torrent.active.drop_one(any)) {
  }

  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(torrent.active.active_count(), 0u);
  EXPECT_EQ(torrent.active.bytes_in_flight(), 0u);
  for (std::uint32_t p = 0; p < kPieces; ++p) {
    EXPECT_TRUE(torrent.map.looks_missing(PieceIndex{p}));
  }
}

// Pieces of 1 MiB: at most four may wait whole for the one worker.
struct Backlog : SmallTorrent {
  Backlog() : SmallTorrent{20 * kLarge, kLarge} {}

  void make_whole(std::uint32_t piece) {
    pieces.push_back(start(piece));
    for (BlockClaim& c : claim(pieces.back())) static_cast<void>(deliver(c));
  }

  static constexpr std::uint32_t kLarge = kMiB;
  std::vector<PieceAssignment> pieces;
};

TEST(ActivePieces, WorkersKeepUpUntilTooManyWholePiecesWait) {
  Backlog torrent;
  for (std::uint32_t p = 0; p < 3; ++p) torrent.make_whole(p);
  EXPECT_TRUE(torrent.active.workers_keep_up());

  torrent.make_whole(3);

  EXPECT_FALSE(torrent.active.workers_keep_up());
  for (auto const& piece : torrent.pieces) SmallTorrent::close(piece);
}

TEST(ActivePieces, WorkersKeepUpAgainOnceHalfIsDone) {
  Backlog torrent;
  for (std::uint32_t p = 0; p < 4; ++p) torrent.make_whole(p);
  ASSERT_FALSE(torrent.active.workers_keep_up());

  SmallTorrent::close(torrent.pieces[0]);
  EXPECT_FALSE(torrent.active.workers_keep_up());
  SmallTorrent::close(torrent.pieces[1]);

  EXPECT_TRUE(torrent.active.workers_keep_up());
  for (std::size_t p = 2; p < 4; ++p) SmallTorrent::close(torrent.pieces[p]);
}

// A count that a piece leaves behind would in the end stop the torrent for good.
TEST(ActivePieces, APieceThatBecomesWholeAfterItWasClosedIsNotCounted) {
  Backlog torrent;
  for (std::uint32_t p = 0; p < 8; ++p) {
    PieceAssignment piece = torrent.start(p);
    auto claims = torrent.claim(piece);
    SmallTorrent::close(piece);
    for (BlockClaim& c : claims) static_cast<void>(torrent.deliver(c));
  }

  EXPECT_TRUE(torrent.active.workers_keep_up());
}

TEST(ActivePieces, AreRoomyUntilWhatIsInFlightIsNotLittleAnyMore) {
  Backlog torrent;
  std::vector<PieceAssignment> pieces;
  for (std::uint32_t p = 0; p < 16; ++p) {  // 16 MiB
    EXPECT_TRUE(torrent.active.roomy()) << p;
    pieces.push_back(torrent.start(p));
  }

  EXPECT_FALSE(torrent.active.roomy());
  pieces.clear();
}

TEST(ActivePieces, AreNotRoomyWithTwoVeryLargePiecesHoweverLittleOfThemIsHere) {
  constexpr std::uint32_t kHuge = 16 * kMiB;
  SmallTorrent torrent{3 * kHuge, kHuge};
  auto const first = torrent.start(0);
  EXPECT_TRUE(torrent.active.roomy());

  auto const second = torrent.start(1);

  EXPECT_FALSE(torrent.active.roomy());
}

}  // namespace
}  // namespace btfast
