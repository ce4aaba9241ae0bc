#include "engine/pieces/piece_map.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/rendezvous.h"

namespace btfast {
namespace {

constexpr PieceIndex kFirst{0};

TEST(PieceMap, DroppedClaimGoesBackToTheSwarm) {
  PieceMap map{1};
  {
    auto const claim = map.try_claim(kFirst);
    ASSERT_TRUE(claim);
    EXPECT_FALSE(map.looks_missing(kFirst));
  }

  EXPECT_TRUE(map.looks_missing(kFirst));
  EXPECT_TRUE(map.try_claim(kFirst));
}

TEST(PieceMap, HaveIsPermanentAndCannotBeClaimedAgain) {
  PieceMap map{1};
  auto claim = map.try_claim(kFirst);
  ASSERT_TRUE(claim);
  claim->begin_verify();
  EXPECT_EQ(map.state(kFirst), PieceState::kVerifying);

  bool const completed = std::move(*claim).publish_have();
  claim.reset();

  EXPECT_TRUE(completed);
  EXPECT_TRUE(map.has(kFirst));
  EXPECT_TRUE(map.complete());
  EXPECT_FALSE(map.try_claim(kFirst));
}

TEST(PieceMap, SnapshotHoldsWhatIsPublishedAndNothingElse) {
  PieceMap map{3};
  auto claim = map.try_claim(PieceIndex{1});
  (void)std::move(*claim).publish_have();
  auto const fetching = map.try_claim(PieceIndex{2});

  Bitfield const have = map.snapshot();

  EXPECT_FALSE(have.test(PieceIndex{0}));
  EXPECT_TRUE(have.test(PieceIndex{1}));
  EXPECT_FALSE(have.test(PieceIndex{2}));
}

TEST(PieceMap, AWithdrawnPieceIsNeitherHadNorFetchedAgain) {
  PieceMap map{2};
  (void)std::move(*map.try_claim(PieceIndex{0})).publish_have();
  (void)std::move(*map.try_claim(PieceIndex{1})).publish_have();

  EXPECT_TRUE(map.withdraw(PieceIndex{1}));
  EXPECT_FALSE(map.withdraw(PieceIndex{1})) << "once";

  EXPECT_TRUE(map.has(PieceIndex{0}));
  EXPECT_FALSE(map.has(PieceIndex{1}));
  EXPECT_FALSE(map.looks_missing(PieceIndex{1}));
  EXPECT_FALSE(map.try_claim(PieceIndex{1}));
  EXPECT_FALSE(map.complete());
  EXPECT_EQ(map.snapshot().count(), 1u);
}

TEST(PieceMap, WhatWeDoNotHaveCannotBeWithdrawn) {
  PieceMap map{1};

  EXPECT_FALSE(map.withdraw(PieceIndex{0}));

  EXPECT_TRUE(map.try_claim(PieceIndex{0}));
}

// Method: two threads stand before the same piece and call try_claim() together; a map
// that hands a piece out twice wins more often than it has pieces.  Each winner publishes,
// and of all publications one says that it was the last.  (Checked by mutation: fails with
// a load-then-store try_claim(), and with a load-then-store count in publish_have().)
TEST(PieceMap, RacingThreadsClaimEachPieceOnceAndCompleteItOnce) {
  constexpr std::uint32_t kPieces = 300'000;
  PieceMap map{kPieces};
  test::Rendezvous rendezvous{2};
  std::atomic<std::uint32_t> wins{0};
  std::atomic<std::uint32_t> completions{0};

  auto const race = [&] {
    for (std::uint32_t p = 0; p < kPieces; ++p) {
      rendezvous.meet(p);
      if (auto claim = map.try_claim(PieceIndex{p})) {
        ++wins;
        if (std::move(*claim).publish_have()) ++completions;
      }
    }
  };
  {
    std::jthread const rival{race};
    race();
  }

  EXPECT_EQ(wins, kPieces);
  EXPECT_EQ(completions, 1u);
  EXPECT_TRUE(map.complete());
}

// Each of two threads has its own half of the pieces, so that publications collide.
TEST(PieceMap, CountsEveryPublicationOfRacingThreads) {
  constexpr std::uint32_t kPieces = 300'000;
  PieceMap map{kPieces};
  test::Rendezvous rendezvous{2};
  std::atomic<std::uint32_t> completions{0};

  auto const publish = [&](std::uint32_t self) {
    for (std::uint32_t round = 0; round < kPieces / 2; ++round) {
      auto claim = map.try_claim(PieceIndex{2 * round + self});
      rendezvous.meet(round);
      if (std::move(*claim).publish_have()) ++completions;
    }
  };
  {
    std::jthread const rival{publish, 1};
    publish(0);
  }

  EXPECT_EQ(map.have_count(), kPieces);
  EXPECT_EQ(completions, 1u);
}

}  // namespace
}  // namespace btfast
