// Blocks of one piece under two threads that want the same thing at the same moment.
//
// Method, everywhere: the threads meet before every step.  The piece is given up at the
// end of a round and started again in the next.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <optional>
#include <thread>

#include "engine/base/limits.h"
#include "engine/pieces/piece_assembly.h"
#include "tests/support/rendezvous.h"
#include "tests/support/small_torrent.h"

namespace btfast {
namespace {

using test::kAlice;
using test::kBob;
using test::SmallTorrent;

constexpr std::uint32_t kBlock = limits::kBlockSize;

class PieceAssemblyRace : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kBlocks = 64;

  // Runs `step(leads, block)` on two threads for every block of a piece, `rounds` times.
  template <class Step>
  void race(std::uint32_t rounds, std::uint32_t blocks, Step const& step) {
    auto const run = [&](bool leads) {
      for (std::uint32_t round = 0, meeting = 0; round < rounds; ++round) {
        if (leads) begin();
        for (std::uint32_t block = 0; block < blocks; ++block) {
          rendezvous_.meet(meeting++);
          step(leads, block);
        }
        rendezvous_.meet(meeting++);
        if (leads) end();
      }
    };
    std::jthread const rival{run, false};
    run(true);
  }

  void begin() {
    piece_ = torrent_.start(0);
    if (claim_all_) claims_ = torrent_.claim(*piece_);
  }
  void end() {
    whole_ += (*piece_)->whole() ? 1 : 0;
    SmallTorrent::close(*piece_);
    claims_.clear();
    rival_claims_.clear();
    piece_.reset();
  }
  void count(Commit commit) {
    firsts_ += commit.first ? 1 : 0;
    hand_offs_ += commit.hand_off ? 1 : 0;
  }

  SmallTorrent torrent_{kBlocks * kBlock, kBlocks* kBlock};
  test::Rendezvous rendezvous_{2};
  bool claim_all_ = true;
  std::optional<PieceAssignment> piece_;
  std::vector<BlockClaim> claims_;        // the leader's
  std::vector<BlockClaim> rival_claims_;  // the other thread's
  std::atomic<std::uint32_t> firsts_{0};
  std::atomic<std::uint32_t> hand_offs_{0};
  std::uint32_t whole_ = 0;
};

// (Checked by mutation: fails with a load-then-store try_claim_block().)
TEST_F(PieceAssemblyRace, EachBlockIsClaimedOnce) {
  constexpr std::uint32_t kRounds = 5'000;
  claim_all_ = false;
  std::array<std::atomic<std::uint32_t>, kBlocks> claims_of{};

  race(kRounds, kBlocks, [&](bool leads, std::uint32_t) {
    auto& mine = leads ? claims_ : rival_claims_;
    if ((*piece_)->claim_blocks(piece_->assembly(), 1, mine) == 0) return;
    ++claims_of[mine.back().range().begin / kBlock];
  });

  for (auto const& claims : claims_of) EXPECT_EQ(claims, kRounds);
}

// One thread commits each block in place while the other commits a copy of it.  (Checked
// by mutation: fails with a load-then-store commit_in_place() or commit_copy().)
TEST_F(PieceAssemblyRace, OfTwoCommitsOfABlockOneCounts) {
  constexpr std::uint32_t kRounds = 1'000;
  std::vector<std::byte> const bytes(kBlock);

  race(kRounds, kBlocks, [&](bool leads, std::uint32_t block) {
    count(leads ? std::move(claims_[block]).commit(kAlice)
                : (*piece_)->commit_copy(BlockIndex{block}, kBob, bytes));
  });

  EXPECT_EQ(firsts_, kRounds * kBlocks);
  EXPECT_EQ(hand_offs_, kRounds);
  EXPECT_EQ(whole_, kRounds);
}

// The threads commit neighbouring blocks.  (Checked by mutation: fails with a
// load-then-store decrement of `remaining`.)
TEST_F(PieceAssemblyRace, EveryArrivalIsCountedAndOneIsTheLast) {
  constexpr std::uint32_t kRounds = 2'000;

  race(kRounds, kBlocks / 2, [&](bool leads, std::uint32_t pair) {
    count(std::move(claims_[2 * pair + (leads ? 0 : 1)]).commit(kAlice));
  });

  EXPECT_EQ(firsts_, kRounds * kBlocks);
  EXPECT_EQ(hand_offs_, kRounds);
  EXPECT_EQ(whole_, kRounds);
}

// One thread gives claims back while the other claims whatever is free: at the end all is
// claimable, and nothing was lost to a hint that was too high.  (Checked by mutation:
// fails when claim_blocks() does not look before its hint.)
TEST_F(PieceAssemblyRace, AClaimGivenBackIsNeverLost) {
  constexpr std::uint32_t kRounds = 1'000;

  std::uint32_t lost = 0;
  race(kRounds, kBlocks, [&](bool leads, std::uint32_t block) {
    if (!leads) {
      rival_claims_.clear();
      (*piece_)->claim_blocks(piece_->assembly(), 2, rival_claims_);
    } else if (block + 1 < kBlocks) {
      claims_.pop_back();
    } else {
      claims_.clear();
    }
    if (leads || block + 1 < kBlocks) return;
    auto const held = rival_claims_.size();
    std::vector<BlockClaim> rest;
    // The leader may be about to give its last block back: has_unclaimed() counts it.
    while (rest.size() + held < kBlocks) {
      auto const had_more = (*piece_)->has_unclaimed();
      auto const n = (*piece_)->claim_blocks(piece_->assembly(), kBlocks, rest);
      if (had_more && n == 0) ++lost;
      if (lost > 0) break;
    }
  });

  EXPECT_EQ(lost, 0u);
}

}  // namespace
}  // namespace btfast
