#include "engine/upload/upload_scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kBlock = 16 * 1024;

class UploadSchedulerTest : public WireFixture {
 protected:
  SimPeer& unchoked(SimNode& node, bool fast = true) {
    SimPeer& taker = guest(node, 1, fast);
    taker.say(net::Interested{});
    EXPECT_TRUE(until([&] { return taker.has_heard("unchoke"); }, 20s));
    return taker;
  }

  // Two MiB, more than is read ahead: pieces of sixteen blocks.
  SimNode& large_seed() {
    SimNode& node = world_.add_seed(large_, {.uses_source = false});
    EXPECT_TRUE(until([&] { return node.complete(); }));
    return node;
  }
  SimPeer& taker_of_large(SimNode& node) {
    SimPeer& taker = world_.add_peer(large_, 1);
    taker.connect(node.endpoint());
    EXPECT_TRUE(until([&] { return taker.greeted(); }));
    taker.say(net::Interested{});
    EXPECT_TRUE(until([&] { return taker.has_heard("unchoke"); }, 20s));
    return taker;
  }
  static void ask_for_all_of_large(SimPeer& taker) {
    for (std::uint32_t p = 0; p < 8; ++p) {
      for (std::uint32_t b = 0; b < 16; ++b) taker.say(net::Request{p, b * kBlock, kBlock});
    }
  }

  TestTorrent const large_ = TorrentBuilder{}.pieces(8).piece_size(256 * kKiB).build();
};

TEST_F(UploadSchedulerTest, ServesWhatAnUnchokedPeerAsks) {
  SimNode& node = seed();
  SimPeer& taker = unchoked(node);
  for (std::uint32_t p = 0; p < 8; ++p) {
    for (std::uint32_t b = 0; b < 4; ++b) taker.say(net::Request{p, b * kBlock, kBlock});
  }

  EXPECT_TRUE(until([&] { return taker.times_heard("piece") == 32; }, 10s));
  EXPECT_FALSE(taker.misled());
  EXPECT_TRUE(until([&] { return node.torrent().stats().payload_up == 32 * kBlock; }, 5s));
}

TEST_F(UploadSchedulerTest, BlocksKeepTheirOrderThoughSomeReadsAreCold) {
  SimNode& node = seed();
  node.disk().miss_one_read_in(2);
  SimPeer& taker = unchoked(node);
  std::vector<std::string> expected;
  for (std::uint32_t p = 8; p-- > 0;) {
    taker.say(net::Request{p, kBlock, kBlock});
    expected.push_back("piece " + std::to_string(p) + " 16384 16384");
  }

  ASSERT_TRUE(until([&] { return taker.times_heard("piece") == 8; }, 10s));

  std::vector<std::string> came;
  for (auto const& line : taker.heard()) {
    if (line.starts_with("piece")) came.push_back(line);
  }
  EXPECT_EQ(came, expected);
  EXPECT_FALSE(taker.misled());
}

TEST_F(UploadSchedulerTest, ARequestWhileChokedIsRejectedWhereThePeerKnowsRejects) {
  SimNode& node = seed();
  SimPeer& fast = guest(node, 1);
  SimPeer& plain = guest(node, 2, /*fast=*/false);
  fast.say(net::Request{1, 0, kBlock});
  plain.say(net::Request{1, 0, kBlock});

  world_.run_for(5s);

  EXPECT_EQ(fast.times_heard("reject request 1 0 16384"), 1u);
  EXPECT_EQ(plain.times_heard("reject"), 0u);
  EXPECT_EQ(fast.block_bytes() + plain.block_bytes(), 0u);
  EXPECT_FALSE(fast.closed() || plain.closed());
}

TEST_F(UploadSchedulerTest, ARequestOfMoreThanTheLimitClosesThePeer) {
  TestTorrent const large = TorrentBuilder{}.pieces(2).piece_size(256 * kKiB).build();
  SimNode& node = world_.add_seed(large, {.uses_source = false});
  SimPeer& greedy = world_.add_peer(large, 1);
  ASSERT_TRUE(until([&] { return node.complete(); }));
  greedy.connect(node.endpoint());
  ASSERT_TRUE(until([&] { return greedy.greeted(); }));
  greedy.say(net::Interested{});
  ASSERT_TRUE(until([&] { return greedy.has_heard("unchoke"); }, 20s));

  greedy.say(net::Request{0, 0, limits::kServedRequestBytes + 1});

  EXPECT_TRUE(until([&] { return greedy.closed(); }, 5s));
  EXPECT_EQ(greedy.block_bytes(), 0u);
}

TEST_F(UploadSchedulerTest, AnHonestRequestPastThePieceIsRefusedAndNeverRead) {
  SimNode& node = seed();
  SimPeer& taker = unchoked(node);
  auto const reads = node.disk().reads();
  taker.say(net::Request{7, 64 * 1024, kBlock});
  taker.say(net::Request{7, 64 * 1024 - 1, 2});
  taker.say(net::Request{7, 0xFFFF'C000, kBlock});

  EXPECT_TRUE(until([&] { return taker.times_heard("reject request 7") == 3; }, 5s));
  EXPECT_EQ(node.disk().reads(), reads);
}

TEST_F(UploadSchedulerTest, APieceWeLackIsRefusedAndNeverRead) {
  SimNode& node = leech();
  SimPeer& taker = unchoked(node);
  taker.say(net::Request{3, 0, kBlock});

  EXPECT_TRUE(until([&] { return taker.has_heard("reject request 3 0 16384"); }, 5s));
  EXPECT_EQ(node.disk().reads(), 0u);
  EXPECT_FALSE(taker.closed());
}

TEST_F(UploadSchedulerTest, WhoKeepsAskingForNonsenseIsClosed) {
  SimNode& node = leech();
  SimPeer& plain = unchoked(node, /*fast=*/false);
  for (int i = 0; i < limits::kBadRequests; ++i) plain.say(net::Request{3, 0, kBlock});
  settle();
  ASSERT_FALSE(plain.closed());

  plain.say(net::Request{3, 0, kBlock});

  EXPECT_TRUE(until([&] { return plain.closed(); }, 5s));
}

// What is in the page cache waits there for the peer's socket, not in our memory.
TEST_F(UploadSchedulerTest, ReadsAheadNoMoreThanTheSocketTook) {
  SimNode& node = large_seed();
  SimPeer& taker = taker_of_large(node);
  std::uint64_t const before = node.disk().bytes_read();
  std::uint64_t most_ahead = 0;
  ask_for_all_of_large(taker);

  auto const done = [&] {
    most_ahead = std::max(most_ahead, node.disk().bytes_read() - before - taker.block_bytes());
    return taker.times_heard("piece") == 128;
  };
  ASSERT_TRUE(until(done, 30s));

  constexpr std::uint64_t kOnTheWay = 128 * kKiB;  // in a stream of the simulated network
  EXPECT_GT(most_ahead, 0u);
  EXPECT_LE(most_ahead, kOnTheWay + 2 * limits::kUploadRunMin);
}

// Two MiB are asked at once, far more than is read ahead: the last block still waits when
// its cancel comes.
TEST_F(UploadSchedulerTest, ACancelledBlockIsNotSentAndIsRejected) {
  SimNode& node = large_seed();
  SimPeer& taker = taker_of_large(node);
  ask_for_all_of_large(taker);
  taker.say(net::Cancel{7, 15 * kBlock, kBlock});

  EXPECT_TRUE(until([&] { return taker.times_heard("piece") == 127; }, 30s));
  settle();
  EXPECT_TRUE(taker.has_heard("reject request 7 245760 16384"));
  EXPECT_FALSE(taker.has_heard("piece 7 245760"));
}

TEST_F(UploadSchedulerTest, MoreRequestsThanTheQueueHoldsAreRejectedAndTheRestServed) {
  SimNode& node = seed();
  SimPeer& greedy = unchoked(node);
  constexpr std::size_t kAsked = limits::kPeerRequestQueue + 200;
  std::vector<std::byte> frames;
  for (std::size_t i = 0; i < kAsked; ++i) {
    auto const piece = static_cast<std::uint32_t>(i % 8);
    net::encode_message(net::Request{piece, 0, kBlock}, frames);
  }
  greedy.say_bytes(frames);

  auto const answers = [&] { return greedy.times_heard("piece") + greedy.times_heard("reject"); };
  EXPECT_TRUE(until([&] { return answers() == kAsked; }, 5min));
  EXPECT_GT(greedy.times_heard("reject"), 0u);
  EXPECT_FALSE(greedy.misled() || greedy.closed());
}

// FAULTS 120: the disk does not give what we said we have.
TEST_F(UploadSchedulerTest, APieceThatCannotBeReadIsRejectedAndNotServedAgain) {
  SimNode& node = seed();
  node.disk().memory().set_cold(true);
  SimPeer& taker = unchoked(node);
  node.disk().memory().remove_file(FileIndex{0});

  taker.say(net::Request{3, 0, kBlock});
  taker.say(net::Request{3, kBlock, kBlock});
  ASSERT_TRUE(until([&] { return taker.times_heard("reject request 3 ") == 2; }, 10s));
  std::uint64_t const reads = node.disk().reads();
  taker.say(net::Request{3, 0, kBlock});

  EXPECT_TRUE(until([&] { return taker.times_heard("reject request 3 ") == 3; }, 10s));
  EXPECT_EQ(taker.times_heard("piece"), 0u);
  EXPECT_EQ(node.disk().reads(), reads) << "a lost piece is not read again";
  EXPECT_FALSE(taker.closed());
}

TEST_F(UploadSchedulerTest, APeerThatKnowsNoRejectsLearnsOfALostPieceByConnectingAnew) {
  SimNode& node = seed();
  node.disk().memory().set_cold(true);
  SimPeer& taker = unchoked(node, false);
  node.disk().memory().fail_reads(1, 1 << 30, EIO);

  taker.say(net::Request{3, 0, kBlock});
  ASSERT_TRUE(until([&] { return taker.closed(); }, 10s));
  SimPeer& again = guest(node, 2);
  settle();

  EXPECT_EQ(again.times_heard("have all"), 0u);
  EXPECT_TRUE(again.has_heard("bitfield"));
}

// FAULTS 120: rejects are no invitation to ask for ever.
TEST_F(UploadSchedulerTest, WhoAsksForALostPieceWithoutEndIsClosed) {
  SimNode& node = seed();
  node.disk().memory().set_cold(true);
  SimPeer& taker = unchoked(node);
  node.disk().memory().remove_file(FileIndex{0});

  for (int i = 0; i <= limits::kBadRequests && !taker.closed(); ++i) {
    taker.say(net::Request{3, 0, kBlock});
    world_.run_for(10ms);
  }

  EXPECT_TRUE(until([&] { return taker.closed(); }, 10s));
}

}  // namespace
}  // namespace btfast::test
