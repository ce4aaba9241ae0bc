// What a torrent says of itself while it is fetched (Torrent::stats and piece_counts).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kPieces = 8;
constexpr std::uint64_t kBlocks = kPieces * 4;

class TorrentStatsTest : public WireFixture {};

TEST_F(TorrentStatsTest, PiecesAddUpAtEveryMoment) {
  world_.add_seed(torrent_);
  SimNode& node = world_.add_leech(torrent_);
  PieceCounts most;
  bool const done = until([&] {
    PieceCounts const now = node.torrent().piece_counts();
    EXPECT_EQ(now.sum(), kPieces);
    most.missing = std::max(most.missing, now.missing);
    most.fetching = std::max(most.fetching, now.fetching);
    return node.complete();
  });

  EXPECT_TRUE(done);
  EXPECT_EQ(most.missing, kPieces);
  EXPECT_GT(most.fetching, 0u);
  EXPECT_EQ(node.torrent().piece_counts(), (PieceCounts{.have = kPieces}));
}

TEST_F(TorrentStatsTest, EveryBlockThatWasAskedForCountsInTheHistogram) {
  SimNode& node = leech();
  SimPeer& seed = giver(node, 1);
  ASSERT_TRUE(until([&] { return seed.requests().size() == kBlocks; }));
  world_.run_for(2s);
  seed.serve();
  ASSERT_TRUE(until([&] { return node.complete(); }));

  LatencyHistogram const latency = node.torrent().stats().block_latency;
  EXPECT_EQ(latency.total(), kBlocks);
  EXPECT_GE(latency.quantile_us(0.5), 2'000'000u);
  EXPECT_LE(latency.quantile_us(0.5), 8'000'000u);
}

// With memory for eight pieces, and peers that would give more.
TEST_F(TorrentStatsTest, QueuesReachTheirBoundAndStayWithinIt) {
  TestTorrent const large = TorrentBuilder{}.pieces(40).piece_size(256 * kKiB).build();
  for (int i = 0; i < 4; ++i) world_.add_seed(large);
  SimNode& node = world_.add_leech(large, {.cache_bytes = 2 * kMiB});
  bool const done = until(
      [&] {
        TorrentStats const s = node.torrent().stats();
        for (QueueDepth const& queue :
             {s.queue_blocks, s.queue_verify, s.queue_memory, s.queue_writing}) {
          EXPECT_GT(queue.bound, 0u);
          EXPECT_LE(queue.now, queue.most);
          EXPECT_LE(queue.most, queue.bound);
        }
        return node.complete();
      },
      5min);

  ASSERT_TRUE(done);
  EXPECT_TRUE(until([&] { return node.torrent().stats().queue_memory.now == 0; }));
  TorrentStats const s = node.torrent().stats();
  EXPECT_EQ(s.queue_memory.bound, 2 * kMiB);
  EXPECT_EQ(s.queue_memory.most, s.queue_memory.bound);
  EXPECT_GT(s.queue_writing.most, 0u);
  EXPECT_GT(s.queue_blocks.most, 0u);
  EXPECT_GT(s.queue_verify.most, 0u);
  EXPECT_GT(s.queue_outcomes.most, 0u);
  EXPECT_GT(s.queue_news.most, 0u);
}

}  // namespace
}  // namespace btfast::test
