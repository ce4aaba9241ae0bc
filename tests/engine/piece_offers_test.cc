#include "engine/swarm/piece_offers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

namespace btfast {
namespace {

TEST(PieceOffers, APieceIsTakenOnceUntilItIsGivenBack) {
  PieceOffers offers{100};
  EXPECT_TRUE(offers.try_take(PieceIndex{70}));
  EXPECT_FALSE(offers.try_take(PieceIndex{70}));

  offers.give_back(PieceIndex{70});

  EXPECT_TRUE(offers.try_take(PieceIndex{70}));
}

TEST(PieceOffers, TheNextFreeOneIsFoundAcrossWordsAndNeverPastTheEnd) {
  PieceOffers offers{130};
  EXPECT_EQ(offers.next_free(0), PieceIndex{0});
  for (std::uint32_t p = 0; p < 130; ++p) {
    if (p != 63 && p != 129) {
      ASSERT_TRUE(offers.try_take(PieceIndex{p}));
    }
  }
  EXPECT_EQ(offers.next_free(0), PieceIndex{63});
  EXPECT_EQ(offers.next_free(64), PieceIndex{129});
  EXPECT_EQ(offers.next_free(130), std::nullopt);
  ASSERT_TRUE(offers.try_take(PieceIndex{129}));
  EXPECT_EQ(offers.next_free(64), std::nullopt);
}

// Seen to fail, ten times of ten, with a load and a store in place of the fetch_or.
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
        for (std::uint32_t p = 0; p < kPieces; ++p) taken += offers.try_take(PieceIndex{p}) ? 1 : 0;
      });
    }
    threads.clear();
    ASSERT_EQ(taken, kPieces) << "round " << round;
  }
}

}  // namespace
}  // namespace btfast
