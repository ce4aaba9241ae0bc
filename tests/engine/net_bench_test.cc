#include "engine/bench/net_bench.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace btfast::bench {
namespace {

TEST(NetBench, ReceivesBlocksWhereTheyBelong) {
  auto const net = bench_net(std::chrono::milliseconds{100});

  ASSERT_TRUE(net) << failure_text(net.error());
  EXPECT_GT(net->blocks, 0u);
  EXPECT_EQ(net->received.bytes, net->blocks * limits::kBlockSize);
  EXPECT_GT(net->in_place, net->blocks / 2);
  EXPECT_GT(net->read_calls, 0u);
}

}  // namespace
}  // namespace btfast::bench
