#include "storage/write_back_pace.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace btfast::storage {
namespace {

TEST(WriteBackPace, IsDueEachTimeSoManyBytesMoreAreWritten) {
  WriteBackPace pace{100};

  EXPECT_FALSE(pace.is_due(99));
  EXPECT_TRUE(pace.is_due(1));
  EXPECT_FALSE(pace.is_due(99));
  EXPECT_TRUE(pace.is_due(2));
  EXPECT_TRUE(pace.is_due(350)) << "once, however much it is";
  EXPECT_FALSE(pace.is_due(48));
}

TEST(WriteBackPace, OneOfSeveralThreadsIsTold) {
  constexpr int kWrites = 10'000;
  WriteBackPace pace{100};
  std::atomic<int> told{0};

  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kWrites; ++i) told += pace.is_due(10) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(told, 4 * kWrites / 10);
}

}  // namespace
}  // namespace btfast::storage
