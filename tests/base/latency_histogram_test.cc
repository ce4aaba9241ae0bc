#include "engine/base/latency_histogram.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace btfast {
namespace {

using namespace std::chrono_literals;

TEST(LatencyHistogramTest, EveryLatencyIsBelowItsBucketsBoundAndNotBelowTheLastOnes) {
  std::vector<Duration> const latencies{0ns,    999ns,  1000ns, 1999ns, 2us,
                                        1023us, 1024us, 310ms,  15s};
  for (Duration const latency : latencies) {
    std::size_t const bucket = LatencyHistogram::bucket_of(latency);
    EXPECT_LT(latency, std::chrono::microseconds{LatencyHistogram::below_us(bucket)});
    if (bucket > 0) {
      EXPECT_GE(latency, std::chrono::microseconds{LatencyHistogram::below_us(bucket - 1)});
    }
  }
}

TEST(LatencyHistogramTest, WhatIsOutOfRangeCountsAtTheEnds) {
  EXPECT_EQ(LatencyHistogram::bucket_of(-5s), 0u);
  EXPECT_EQ(LatencyHistogram::bucket_of(std::chrono::hours{1000}), LatencyHistogram::kBuckets - 1);
}

TEST(LatencyHistogramTest, QuantilesAreBoundsOfTheirBuckets) {
  LatencyHistogram latency;
  latency.counts[3] = 90;  // below 8 us
  latency.counts[10] = 9;  // below 1024 us
  latency.counts[20] = 1;

  EXPECT_EQ(latency.total(), 100u);
  EXPECT_EQ(latency.quantile_us(0.5), 8u);
  EXPECT_EQ(latency.quantile_us(0.9), 8u);
  EXPECT_EQ(latency.quantile_us(0.99), 1024u);
  EXPECT_EQ(latency.quantile_us(1.0), 1u << 20);
  EXPECT_EQ(LatencyHistogram{}.quantile_us(0.5), 0u);
}

}  // namespace
}  // namespace btfast
