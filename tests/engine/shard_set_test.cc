#include "engine/torrent/shard_set.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "net/reactor_factory.h"
#include "storage/memory_storage.h"
#include "tests/support/sim_executor.h"
#include "tests/support/test_torrent.h"

namespace btfast::test {
namespace {

class ShardSetTest : public ::testing::Test {
 protected:
  struct Thread {
    explicit Thread(Clock const& clock) : loop(*reactor, clock) {}
    std::unique_ptr<net::Reactor> reactor = *net::make_reactor();
    net::EventLoop loop;
  };

  ShardSetTest() {
    for (auto& net : nets_) {
      env_.nets.push_back({&net.loop, std::make_unique<PeerHost>(net.loop)});
    }
  }
  ~ShardSetTest() override {
    for (auto& seat : env_.nets) seat.host->close_all();
  }

  // What was posted, to every thread, and what came of it.
  void settle() {
    for (int turn = 0; turn < 4; ++turn) {
      for (auto& net : nets_) net.loop.run_turn(Duration::zero());
      control_.loop.run_turn(Duration::zero());
    }
  }
  void open(ShardSet& shards) {
    auto const wanted =
        std::make_shared<WantedPieces const>(wanted_pieces(FileSelection{}, *torrent_.metainfo));
    shards.open(shared_, reports_, rng_, wanted);
  }
  void end(ShardSet& shards) {
    shards.stop();
    settle();
    ASSERT_EQ(count_stopped(), 2u);
    shards.drop();
    settle();
  }
  std::size_t count_stopped() {
    std::size_t stopped = 0;
    reports_.drain([&](SwarmReport const& report) {
      stopped += std::holds_alternative<ShardStopped>(report) ? 1 : 0;
    });
    return stopped;
  }

  SteadyClock clock_;
  TestTorrent const torrent_ = TorrentBuilder{}.pieces(2).build();
  SimExecutor jobs_{1};
  Thread control_{clock_};
  std::array<Thread, 2> nets_{Thread{clock_}, Thread{clock_}};
  SessionEnv env_{.control = control_.loop, .workers = jobs_, .readers = jobs_, .nets = {}};
  Mailbox<PieceOutcome> outcomes_{control_.loop};
  SwarmReports reports_{control_.loop};
  Rng rng_{1};
  std::shared_ptr<SharedTorrent> shared_ = std::make_shared<SharedTorrent>(
      std::make_shared<EngineConfig const>(), torrent_.metainfo,
      std::make_unique<storage::MemoryStorage>(torrent_.map()), jobs_, jobs_, outcomes_, PeerId{});
};

TEST_F(ShardSetTest, ATaskForAllReachesEachShardAndOneForAThreadOnlyIts) {
  ShardSet shards{env_};
  EXPECT_TRUE(shards.empty());
  open(shards);
  std::vector<SwarmShard*> all, second;

  shards.post_to_all([&](SwarmShard& shard) { all.push_back(&shard); });
  shards.post(1, [&](SwarmShard& shard) { second.push_back(&shard); });
  EXPECT_TRUE(all.empty());  // on their own threads, not here
  settle();

  ASSERT_EQ(all.size(), 2u);
  EXPECT_NE(all[0], all[1]);
  EXPECT_EQ(second, std::vector{all[1]});
  end(shards);
}

TEST_F(ShardSetTest, StoppedWhenEachShardHasSaidSo) {
  ShardSet shards{env_};
  open(shards);
  settle();

  shards.stop();
  EXPECT_FALSE(shards.stopped());
  settle();

  ASSERT_EQ(count_stopped(), 2u);
  shards.on_stopped();
  EXPECT_FALSE(shards.stopped());
  shards.on_stopped();
  EXPECT_TRUE(shards.stopped());
  shards.drop();
  EXPECT_TRUE(shards.empty());
  settle();
}

// A shard ends on its thread, and not before what was posted to it is done.
TEST_F(ShardSetTest, ATaskPostedBeforeTheyAreDroppedIsDone) {
  ShardSet shards{env_};
  open(shards);
  shards.stop();
  settle();
  ASSERT_EQ(count_stopped(), 2u);
  int done = 0;

  shards.post_to_all([&](SwarmShard&) { ++done; });
  shards.drop();
  EXPECT_EQ(done, 0);
  settle();

  EXPECT_EQ(done, 2);
}

TEST_F(ShardSetTest, CountersAddUp) {
  ShardSet shards{env_};
  open(shards);
  TorrentStats stats;
  stats.payload_down = 5;

  shards.add_to(stats);

  EXPECT_EQ(stats.payload_down, 5u);
  EXPECT_EQ(stats.peers, 0u);
  end(shards);
}

}  // namespace
}  // namespace btfast::test
