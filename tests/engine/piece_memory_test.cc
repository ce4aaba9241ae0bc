#include "engine/pieces/piece_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "engine/base/limits.h"

namespace btfast {
namespace {

constexpr std::uint32_t kBlock = limits::kBlockSize;
constexpr std::uint32_t kSegment = 4 * kBlock;

class PieceMemoryTest : public ::testing::Test {
 protected:
  SegmentPool pool_{kSegment, 3 * kSegment};  // outlives the memory
  PieceMemory memory_;
};

TEST_F(PieceMemoryTest, ASingleSegmentIsThereFromTheStartToTheEnd) {
  ASSERT_TRUE(memory_.start(pool_, kSegment, /*streamed=*/false));
  ASSERT_TRUE(memory_.hold(BlockIndex{0}));
  memory_.drop(BlockIndex{0});
  EXPECT_EQ(pool_.in_use(), 1u);
  EXPECT_EQ(pool_.reserved(), 1u);

  memory_.reset();

  EXPECT_EQ(pool_.in_use(), 0u);
  EXPECT_EQ(pool_.reserved(), 0u);
}

TEST_F(PieceMemoryTest, SeveralSegmentsAreReservedAndTakenAsTheyAreNeeded) {
  ASSERT_TRUE(memory_.start(pool_, 2 * kSegment + 1, /*streamed=*/false));
  EXPECT_EQ(pool_.reserved(), 3u);
  EXPECT_EQ(pool_.in_use(), 0u);

  EXPECT_TRUE(memory_.hold(BlockIndex{4}));
  EXPECT_EQ(pool_.in_use(), 1u);
  memory_.retire(1);
  EXPECT_EQ(pool_.in_use(), 1u) << "somebody may write to it";
  memory_.drop(BlockIndex{4});
  EXPECT_EQ(pool_.in_use(), 0u);
  memory_.reset();

  EXPECT_EQ(pool_.reserved(), 0u);
}

TEST_F(PieceMemoryTest, AStartThatThePoolCannotGrantReservesNothing) {
  EXPECT_FALSE(memory_.start(pool_, 3 * kSegment + 1, /*streamed=*/false));
  EXPECT_EQ(pool_.reserved(), 0u);

  EXPECT_TRUE(memory_.start(pool_, 3 * kSegment, /*streamed=*/false));
}

// Else two pieces could each hold what the other needs to become whole.
TEST_F(PieceMemoryTest, WhatIsReservedCanBeHadWhenItIsNeeded) {
  PieceMemory rival;
  ASSERT_TRUE(memory_.start(pool_, 2 * kSegment, /*streamed=*/false));
  ASSERT_TRUE(memory_.hold(BlockIndex{0}));

  EXPECT_FALSE(rival.start(pool_, 2 * kSegment, /*streamed=*/false));
  ASSERT_TRUE(rival.start(pool_, kSegment, /*streamed=*/false));

  EXPECT_TRUE(memory_.hold(BlockIndex{4}));
  memory_.reset();
  rival.reset();
}

TEST_F(PieceMemoryTest, BlocksHaveABlockOfRoomEachThatNobodyElseHas) {
  ASSERT_TRUE(memory_.start(pool_, 3 * kSegment, /*streamed=*/false));
  EXPECT_EQ(memory_.blocks_per_segment(), 4u);
  EXPECT_EQ(memory_.segment_of(BlockIndex{7}), 1u);
  for (std::uint32_t b = 0; b < 12; ++b) {
    ASSERT_TRUE(memory_.hold(BlockIndex{b}));
    std::memset(memory_.place(BlockIndex{b}), static_cast<int>(b), kBlock);
  }

  for (std::uint32_t b = 0; b < 12; ++b) {
    std::vector<std::byte> const expected(kBlock, static_cast<std::byte>(b));
    EXPECT_EQ(std::memcmp(memory_.place(BlockIndex{b}), expected.data(), kBlock), 0) << b;
  }
  EXPECT_EQ(memory_.place(BlockIndex{5}), memory_.place(BlockIndex{4}) + kBlock);
}

TEST_F(PieceMemoryTest, AStreamedSegmentIsTakenWithItsFirstBlock) {
  ASSERT_TRUE(memory_.start(pool_, 10 * kSegment, /*streamed=*/true));
  EXPECT_EQ(pool_.in_use(), 0u);

  EXPECT_TRUE(memory_.hold(BlockIndex{4}));
  EXPECT_TRUE(memory_.hold(BlockIndex{5}));
  EXPECT_EQ(pool_.in_use(), 1u);
  EXPECT_TRUE(memory_.hold(BlockIndex{8}));
  EXPECT_EQ(pool_.in_use(), 2u);
}

TEST_F(PieceMemoryTest, AStreamedSegmentStaysUntilItsWorkerAndEveryHolderAreDone) {
  ASSERT_TRUE(memory_.start(pool_, 10 * kSegment, /*streamed=*/true));
  ASSERT_TRUE(memory_.hold(BlockIndex{0}) && memory_.hold(BlockIndex{1}));

  memory_.drop(BlockIndex{0});
  EXPECT_EQ(pool_.in_use(), 1u);
  memory_.retire(0);
  EXPECT_EQ(pool_.in_use(), 1u);
  memory_.drop(BlockIndex{1});
  EXPECT_EQ(pool_.in_use(), 0u);

  EXPECT_FALSE(memory_.hold(BlockIndex{2}));
}

TEST_F(PieceMemoryTest, ASegmentThatNobodyHeldCanBeRetired) {
  ASSERT_TRUE(memory_.start(pool_, 10 * kSegment, /*streamed=*/true));

  memory_.retire(1);

  EXPECT_FALSE(memory_.hold(BlockIndex{4}));
  EXPECT_TRUE(memory_.hold(BlockIndex{0}));
  EXPECT_EQ(pool_.in_use(), 1u);
}

TEST_F(PieceMemoryTest, AHoldThatThePoolCannotGrantIsGrantedLater) {
  ASSERT_TRUE(memory_.start(pool_, 10 * kSegment, /*streamed=*/true));
  for (std::uint32_t segment = 0; segment < 3; ++segment) {
    ASSERT_TRUE(memory_.hold(BlockIndex{4 * segment}));
  }
  EXPECT_FALSE(memory_.hold(BlockIndex{12}));

  memory_.retire(0);
  memory_.drop(BlockIndex{0});

  EXPECT_TRUE(memory_.hold(BlockIndex{12}));
}

TEST_F(PieceMemoryTest, AStartAfterAResetForgetsWhatWasRetired) {
  ASSERT_TRUE(memory_.start(pool_, 10 * kSegment, /*streamed=*/true));
  memory_.retire(0);
  memory_.reset();

  ASSERT_TRUE(memory_.start(pool_, 10 * kSegment, /*streamed=*/true));

  EXPECT_TRUE(memory_.hold(BlockIndex{0}));
}

// Whoever holds may write; the last one out gives the memory back, once.
TEST_F(PieceMemoryTest, HoldersOnSeveralThreadsNeverLoseTheMemoryUnderThem) {
  constexpr int kRounds = 2'000;
  ASSERT_TRUE(memory_.start(pool_, kSegment, /*streamed=*/true));
  ASSERT_TRUE(memory_.hold(BlockIndex{3}));
  auto const hold_and_write = [&](std::uint32_t block) {
    for (int i = 0; i < kRounds; ++i) {
      if (!memory_.hold(BlockIndex{block})) return;
      std::memset(memory_.place(BlockIndex{block}), i, 64);
      memory_.drop(BlockIndex{block});
    }
  };

  {
    std::jthread const first{hold_and_write, 0u};
    std::jthread const second{hold_and_write, 1u};
    memory_.retire(0);
    memory_.drop(BlockIndex{3});
  }

  EXPECT_EQ(pool_.in_use(), 0u);
  EXPECT_FALSE(memory_.hold(BlockIndex{0}));
}

}  // namespace
}  // namespace btfast
