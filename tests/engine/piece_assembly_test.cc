#include "engine/pieces/piece_assembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/base/limits.h"
#include "tests/support/small_torrent.h"

namespace btfast {
namespace {

using test::kAlice;
using test::kBob;
using test::SmallTorrent;

constexpr std::uint32_t kBlock = limits::kBlockSize;

std::vector<std::uint32_t> begins(std::vector<BlockClaim> const& claims) {
  std::vector<std::uint32_t> out;
  for (BlockClaim const& c : claims) out.push_back(c.range().begin / kBlock);
  return out;
}

TEST(PieceAssembly, ClaimsBlocksInOrderAndEachOnce) {
  SmallTorrent torrent{10 * kBlock + 5, 4 * kBlock};
  auto const piece = torrent.start(0);

  auto const first = torrent.claim(piece, 3);
  auto const rest = torrent.claim(piece, 3);

  EXPECT_EQ(begins(first), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(begins(rest), (std::vector<std::uint32_t>{3}));
  EXPECT_FALSE(piece->has_unclaimed());
}

TEST(PieceAssembly, LastBlockOfTheTorrentIsAsShortAsItIs) {
  SmallTorrent torrent{5 * kBlock + 5, 4 * kBlock};
  auto const piece = torrent.start(1);

  auto const claims = torrent.claim(piece);

  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[1].range(), (BlockRange{PieceIndex{1}, kBlock, 5}));
}

TEST(PieceAssembly, DroppedClaimIsTheNextToBeClaimed) {
  SmallTorrent torrent{4 * kBlock, 4 * kBlock};
  auto const piece = torrent.start(0);
  auto claims = torrent.claim(piece, 3);

  { auto const dropped = std::move(claims[1]); }

  EXPECT_TRUE(piece->has_unclaimed());
  EXPECT_EQ(begins(torrent.claim(piece, 1)), (std::vector<std::uint32_t>{1}));
}

TEST(PieceAssembly, ASmallPieceIsHandedOverOnceWhole) {
  SmallTorrent torrent{4 * kBlock, 4 * kBlock};
  auto const piece = torrent.start(0);
  auto claims = torrent.claim(piece);
  std::vector<bool> handed;

  for (std::size_t i : {2u, 0u, 3u, 1u}) handed.push_back(torrent.deliver(claims[i]).hand_off);

  EXPECT_EQ(handed, (std::vector<bool>{false, false, false, true}));
  EXPECT_TRUE(piece->whole());
}

TEST(PieceAssembly, ALargePieceIsHandedOverByRunsThatCanBeHashed) {
  SmallTorrent torrent{4 * kMiB, 4 * kMiB};
  auto const piece = torrent.start(0);
  auto claims = torrent.claim(piece);
  std::vector<std::size_t> handed;

  // The first block comes last of the first two runs.
  for (std::size_t i = 1; i < 32; ++i) {
    if (torrent.deliver(claims[i]).hand_off) handed.push_back(i);
  }
  EXPECT_EQ(handed, (std::vector<std::size_t>{}));
  EXPECT_TRUE(torrent.deliver(claims[0]).hand_off);
  for (std::size_t i = 32; i < claims.size(); ++i) {
    if (torrent.deliver(claims[i]).hand_off) handed.push_back(i);
  }

  EXPECT_EQ(handed.front(), 47u);
  EXPECT_EQ(handed.back(), 255u);
  EXPECT_EQ(handed.size(), 14u);
}

TEST(PieceAssembly, TheFirstOfTwoCommitsOfABlockCounts) {
  SmallTorrent torrent{2 * kBlock, 2 * kBlock};
  auto const piece = torrent.start(0);
  auto claims = torrent.claim(piece);
  auto const bytes = torrent.block(claims[0].range());

  EXPECT_TRUE(piece->commit_copy(BlockIndex{0}, kBob, bytes).first);
  EXPECT_FALSE(torrent.deliver(claims[0]).first);
  EXPECT_TRUE(torrent.deliver(claims[1]).first);
  EXPECT_FALSE(piece->commit_copy(BlockIndex{1}, kBob, bytes).first);

  EXPECT_TRUE(piece->whole());
  EXPECT_EQ(piece->senders(), (std::vector<PeerHandle>{kAlice, kBob}));
}

// A claim's owner may have a read under way into its destination for as long as the claim
// lives, so a copy that came meanwhile must lie elsewhere.
TEST(PieceAssembly, ACopyIsSafeFromTheOwnerOfTheClaim) {
  SmallTorrent torrent{kBlock, kBlock};
  auto const piece = torrent.start(0);
  auto claims = torrent.claim(piece);
  auto const bytes = torrent.block(claims[0].range());

  ASSERT_TRUE(piece->commit_copy(BlockIndex{0}, kBob, bytes).hand_off);
  std::memset(claims[0].destination(), 0xee, kBlock);

  auto const run = piece->next_run(kBlock);
  ASSERT_EQ(run.size(), bytes.size());
  EXPECT_TRUE(std::equal(run.begin(), run.end(), bytes.begin()));
}

TEST(PieceAssembly, ABlockThatNobodyClaimedIsTakenAsACopy) {
  SmallTorrent torrent{2 * kBlock, 2 * kBlock};
  auto const piece = torrent.start(0);

  ASSERT_TRUE(
      piece->commit_copy(BlockIndex{0}, kBob, torrent.block({PieceIndex{0}, 0, kBlock})).first);

  auto const rest = torrent.claim(piece);
  EXPECT_EQ(begins(rest), (std::vector<std::uint32_t>{1}));
  EXPECT_FALSE(piece->has_unclaimed());
}

TEST(PieceAssembly, MemoryStaysUntilTheLastClaimIsGone) {
  SmallTorrent torrent{4 * kBlock, 2 * kBlock};
  std::optional<PieceAssignment> piece = torrent.start(0);
  auto claims = torrent.claim(*piece, 1);
  torrent.close(*piece);

  piece.reset();
  EXPECT_EQ(torrent.active.bytes_in_flight(), 2 * kBlock);
  claims.clear();

  EXPECT_EQ(torrent.active.bytes_in_flight(), 0u);
  EXPECT_EQ(torrent.active.active_count(), 0u);
}

TEST(PieceAssembly, AClosedPieceGivesNoMoreClaims) {
  SmallTorrent torrent{4 * kBlock, 4 * kBlock};
  auto const piece = torrent.start(0);
  auto held = torrent.claim(piece, 1);

  torrent.close(piece);
  held.clear();

  EXPECT_FALSE(piece->has_unclaimed());
  EXPECT_TRUE(torrent.claim(piece).empty());
}

TEST(PieceAssembly, RunsAreInOrderContiguousAndBounded) {
  SmallTorrent torrent{4 * kBlock + 7, 4 * kBlock + 7};
  auto const piece = torrent.start(0);
  auto claims = torrent.claim(piece);

  torrent.deliver(claims[1]);
  EXPECT_TRUE(piece->next_run(~std::size_t{0}).empty());
  torrent.deliver(claims[0]);
  torrent.deliver(claims[2]);
  EXPECT_EQ(piece->next_run(2 * kBlock).size(), 2 * kBlock);
  piece->advance(2 * kBlock);
  torrent.deliver(claims[3]);
  torrent.deliver(claims[4]);

  EXPECT_EQ(piece->next_run(~std::size_t{0}).size(), 2 * kBlock + 7);
  piece->advance(2 * kBlock + 7);
  EXPECT_TRUE(piece->next_run(~std::size_t{0}).empty());
}

TEST(PieceAssembly, MissingBlocksAreThoseClaimedAndNotHere) {
  SmallTorrent torrent{4 * kBlock, 4 * kBlock};
  auto const piece = torrent.start(0);
  auto claims = torrent.claim(piece, 3);
  torrent.deliver(claims[1]);
  std::vector<BlockRange> missing;

  EXPECT_EQ(piece->missing_blocks(missing, 10), 2u);

  EXPECT_EQ(missing[0].begin, 0u);
  EXPECT_EQ(missing[1].begin, 2 * kBlock);
}

}  // namespace
}  // namespace btfast
