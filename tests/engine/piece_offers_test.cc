#include "engine/swarm/piece_offers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

namespace btfast {
namespace {

TEST(PieceOffers, APieceIsOfferedOnceUntilItIsTakenBack) {
  PieceOffers offers{100};
  EXPECT_TRUE(offers.try_offer(PieceIndex{70}));
  EXPECT_FALSE(offers.try_offer(PieceIndex{70}));

  EXPECT_TRUE(offers.take_back(PieceIndex{70}));

  EXPECT_TRUE(offers.try_offer(PieceIndex{70}));
}

TEST(PieceOffers, WhatSomebodyHasIsNobodysOnlyWhenTheLastLeaves) {
  PieceOffers offers{100};
  PieceIndex const piece{7};
  ASSERT_TRUE(offers.try_offer(piece));
  offers.add_holder(piece);
  EXPECT_FALSE(offers.take_back(piece));
  offers.add_holder(piece);
  EXPECT_EQ(offers.holders(piece), 2u);

  EXPECT_FALSE(offers.drop_holder(piece));
  EXPECT_FALSE(offers.try_offer(piece));
  EXPECT_TRUE(offers.drop_holder(piece));

  EXPECT_EQ(offers.holders(piece), 0u);
  EXPECT_TRUE(offers.try_offer(piece));
}

TEST(PieceOffers, WhoHasItAndWhoWasOfferedItKnowIt) {
  PieceOffers offers{100};
  PieceIndex const piece{7};
  offers.add_holder(piece);
  offers.offer(piece);
  offers.offer(piece);

  EXPECT_EQ(offers.known_by(piece), 3u);
  EXPECT_EQ(offers.holders(piece), 1u);
}

TEST(PieceOffers, TheNextFreeOneIsFoundAndNeverPastTheEnd) {
  PieceOffers offers{130};
  EXPECT_EQ(offers.next_free(0), PieceIndex{0});
  for (std::uint32_t p = 0; p < 130; ++p) {
    if (p == 64) offers.add_holder(PieceIndex{p});
    if (p != 63 && p != 64 && p != 129) {
      ASSERT_TRUE(offers.try_offer(PieceIndex{p}));
    }
  }
  EXPECT_EQ(offers.next_free(0), PieceIndex{63});
  EXPECT_EQ(offers.next_free(64), PieceIndex{129});
  EXPECT_EQ(offers.next_free(130), std::nullopt);
  ASSERT_TRUE(offers.try_offer(PieceIndex{129}));
  EXPECT_EQ(offers.next_free(64), std::nullopt);
  ASSERT_TRUE(offers.try_offer(PieceIndex{63}));
  EXPECT_EQ(offers.next_free(0), std::nullopt);

  EXPECT_TRUE(offers.drop_holder(PieceIndex{64}));
  EXPECT_EQ(offers.next_free(0), PieceIndex{64});
}

TEST(PieceOffers, OfThoseWhoSawTheSameMovesOneCounts) {
  PieceOffers offers{1};
  offers.count_move();

  EXPECT_TRUE(offers.try_count_move(1));
  EXPECT_FALSE(offers.try_count_move(1));
  EXPECT_EQ(offers.moves(), 2u);
}

TEST(PieceOffers, TheRarestOfThoseLackedComeFirst) {
  PieceOffers offers{5};
  Bitfield has{5};
  Bitfield told{5};
  has.set(0);
  told.set(1);
  offers.add_holder(PieceIndex{2});
  offers.offer(PieceIndex{2});
  offers.add_holder(PieceIndex{3});
  offers.offer(PieceIndex{4});
  offers.offer(PieceIndex{4});
  offers.offer(PieceIndex{4});
  using Pieces = std::vector<PieceIndex>;

  EXPECT_EQ(offers.rarest(has, told, 9, false),
            (Pieces{PieceIndex{3}, PieceIndex{2}, PieceIndex{4}}));
  EXPECT_EQ(offers.rarest(has, told, 9, /*held=*/true), Pieces{PieceIndex{3}});
  EXPECT_EQ(offers.rarest(has, told, 1, false), Pieces{PieceIndex{3}});
  EXPECT_TRUE(offers.rarest(has, told, 0, false).empty());
}

TEST(PieceOffers, WhatWasTriedIsStillNobodys) {
  PieceOffers offers{100};
  EXPECT_FALSE(offers.tried(PieceIndex{7}));

  offers.set_tried(PieceIndex{7});

  EXPECT_TRUE(offers.tried(PieceIndex{7}));
  EXPECT_TRUE(offers.try_offer(PieceIndex{7}));
}

TEST(PieceOffers, ASeedIsBelievedIfItFetchedTwiceAsMuchAsTheLastThatWasGone) {
  PieceOffers offers{3};
  auto const believed = [&](std::uint32_t fetched) {
    offers.believe_seed(fetched);
    return offers.seed_elsewhere();
  };
  EXPECT_FALSE(believed(0));
  EXPECT_TRUE(believed(1));

  offers.doubt_seed();
  offers.doubt_seed();
  EXPECT_FALSE(believed(1));
  EXPECT_TRUE(believed(2));

  for (int i = 0; i < 5; ++i) {
    offers.doubt_seed();
    EXPECT_FALSE(believed(2));
    EXPECT_TRUE(believed(3));
  }
}

// Seen to fail with a load and a store in place of the compare-and-exchange.
TEST(PieceOffers, OfThreadsThatWantAPieceOneHasIt) {
  constexpr std::uint32_t kPieces = 10'000;
  for (int round = 0; round < 50; ++round) {
    PieceOffers offers{kPieces};
    std::atomic<std::uint32_t> taken{0};
    std::latch all_here{3};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        all_here.arrive_and_wait();
        for (std::uint32_t p = 0; p < kPieces; ++p) {
          taken += offers.try_offer(PieceIndex{p}) ? 1 : 0;
        }
      });
    }
    threads.clear();
    ASSERT_EQ(taken, kPieces) << "round " << round;
    ASSERT_EQ(offers.next_free(0), std::nullopt);
  }
}

}  // namespace
}  // namespace btfast
