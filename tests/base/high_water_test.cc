#include "engine/base/high_water.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace btfast {
namespace {

TEST(HighWaterTest, KeepsTheMostEver) {
  HighWater most;
  for (std::uint64_t const now : {3u, 7u, 5u, 0u}) most.note(now);

  EXPECT_EQ(most.get(), 7u);
}

// Mutant seen to fail: a store in place of the exchange lets a smaller one win.
TEST(HighWaterTest, OfSeveralThreadsTheMostCounts) {
  HighWater most;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&most, t] {
      for (std::uint64_t i = 0; i < 20'000; ++i) most.note(i * 4 + t);
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(most.get(), 79'999u);
}

TEST(HighWaterTest, ADepthNeverShowsMoreThanEverWas) {
  HighWater most;
  most.note(2);

  EXPECT_EQ(QueueDepth::of(1, most, 9).most, 2u);
  EXPECT_EQ(QueueDepth::of(4, most, 9).most, 4u);
  EXPECT_EQ(QueueDepth::of(4, most, 9).bound, 9u);
}

}  // namespace
}  // namespace btfast
