#include "engine/bench/hash_bench.h"

#include <gtest/gtest.h>

namespace btfast::bench {
namespace {

TEST(HashBench, MeasuresEveryKind) {
  auto const hash = bench_hash(2, std::chrono::milliseconds{5});

  EXPECT_GT(hash.openssl.bytes, 0u);
  for (auto const& lane : hash.lanes) EXPECT_GT(lane.bytes_per_s(), 0);
  EXPECT_GT(hash.all_workers.bytes, 0u);
  EXPECT_EQ(hash.workers, 2);
}

}  // namespace
}  // namespace btfast::bench
