#include "engine/base/buffer_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace btfast {
namespace {

constexpr std::size_t kSegment = 256 * 1024;

TEST(SegmentPool, StopsAtItsBudgetAndGoesOnWhenOneComesBack) {
  SegmentPool pool{kSegment, 3 * kSegment + 1};
  std::vector<Segment> held;

  while (auto segment = pool.try_take()) held.push_back(std::move(segment));

  EXPECT_EQ(held.size(), 3u);
  EXPECT_EQ(pool.in_use(), 3u);
  held.pop_back();
  EXPECT_TRUE(pool.try_take());
}

TEST(SegmentPool, ReservesNoMoreThanThereIsAndGoesOnWhenSomeIsGivenBack) {
  SegmentPool pool{kSegment, 3 * kSegment};
  ASSERT_TRUE(pool.try_reserve(2));

  EXPECT_FALSE(pool.try_reserve(2));
  EXPECT_EQ(pool.reserved(), 2u);
  EXPECT_EQ(pool.in_use(), 0u);
  pool.unreserve(1);
  EXPECT_TRUE(pool.try_reserve(2));
}

TEST(SegmentPool, GrantsOneSegmentWhateverTheBudget) {
  SegmentPool pool{kSegment, 1};

  Segment const only = pool.try_take();

  EXPECT_TRUE(only);
  EXPECT_FALSE(pool.try_take());
}

TEST(SegmentPool, ReusesTheHottestMemoryFirst) {
  SegmentPool pool{kSegment, 8 * kSegment};
  Segment first = pool.try_take();
  Segment second = pool.try_take();
  std::byte* const last_used = first.data();

  second.reset();
  first.reset();

  EXPECT_EQ(pool.try_take().data(), last_used);
}

TEST(SegmentPool, SegmentsOfSeveralSlabsAreAlignedWritableAndApart) {
  constexpr std::size_t kOdd = 300'001;
  SegmentPool pool{kOdd, 40 * kOdd};
  std::vector<Segment> held;
  std::set<std::byte*> starts;

  while (auto segment = pool.try_take()) {
    std::memset(segment.data(), static_cast<int>(held.size()), kOdd);
    starts.insert(segment.data());
    held.push_back(std::move(segment));
  }

  ASSERT_EQ(held.size(), 40u);
  EXPECT_EQ(starts.size(), 40u);
  for (std::size_t i = 0; i < held.size(); ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(held[i].data()) % 4096, 0u);
    EXPECT_EQ(held[i].data()[0], static_cast<std::byte>(i));
    EXPECT_EQ(held[i].data()[kOdd - 1], static_cast<std::byte>(i));
  }
}

// Method: more hands than segments, so that the free list is nearly empty and its head
// changes under every pop; each holder signs its segment and looks whether the signature
// stays.  (Checked by mutation: with a load-then-store pop() a signature is overwritten.
// A missing tag needs a thread to be interrupted between two instructions, and is too rare
// to be met here.)
TEST(SegmentPool, RacingThreadsNeverHoldOneSegmentTwice) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 100'000;
  SegmentPool pool{4096, 5 * 4096};
  std::atomic<int> clashes{0};

  auto const work = [&](int self) {
    for (int round = 0; round < kRounds; ++round) {
      std::array<Segment, 2> const held{pool.try_take(), pool.try_take()};
      std::uint64_t const signature = std::uint64_t(self) << 32 | std::uint64_t(round);
      for (Segment const& s : held) {
        if (s) std::memcpy(s.data(), &signature, sizeof signature);
      }
      if (round % 64 == 0) std::this_thread::yield();
      for (Segment const& s : held) {
        if (s && std::memcmp(s.data(), &signature, sizeof signature) != 0) ++clashes;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  }

  EXPECT_EQ(clashes, 0);
  EXPECT_EQ(pool.in_use(), 0u);
}

}  // namespace
}  // namespace btfast
