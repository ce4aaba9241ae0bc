#include "engine/bench/hash_bench.h"

#include <gtest/gtest.h>

#include "tests/support/no_more_threads.h"

namespace btfast::bench {
namespace {

TEST(HashBench, MeasuresEveryKind) {
  auto const measured = bench_hash(2, std::chrono::milliseconds{5});

  ASSERT_TRUE(measured);
  auto const& hash = *measured;

  EXPECT_GT(hash.openssl.bytes, 0u);
  for (auto const& lane : hash.lanes) EXPECT_GT(lane.bytes_per_s(), 0);
  EXPECT_GT(hash.all_workers.bytes, 0u);
  EXPECT_EQ(hash.workers, 2);
}

TEST(HashBench, EndsEarlyWhenItIsTold) {
  std::stop_source stop;
  stop.request_stop();
  int told = 0;

  auto const hash = bench_hash(1, std::chrono::hours{1},
                               {.on_time = [&](auto) { ++told; }, .stop = stop.get_token()});

  ASSERT_TRUE(hash);
  EXPECT_EQ(told, kHashSteps);
  EXPECT_GT(hash->all_workers.bytes, 0u);
}

TEST(HashBench, WithoutThreadsIsAFailureThatSaysSo) {
  test::NoMoreThreads const none;

  auto const hash = bench_hash(2, std::chrono::milliseconds{1});

  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().code, Errc::kNoResource);
}

}  // namespace
}  // namespace btfast::bench
