// Small swarms in which something goes wrong: it costs time, never correctness.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "tests/support/sim_world.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

TestTorrent const& small_torrent() {
  static TestTorrent const torrent = TorrentBuilder{}.pieces(24).piece_size(48 * kKiB).build();
  return torrent;
}

// True once every piece is on one of these disks; asked again and again, `first_missing`
// is as far as it came.
bool cover_all(std::vector<SimNode*> const& nodes, std::uint32_t& first_missing) {
  for (; first_missing < small_torrent().geometry().piece_count(); ++first_missing) {
    bool const held = std::any_of(nodes.begin(), nodes.end(), [&](SimNode* node) {
      return node->disk().holds(PieceIndex{first_missing});
    });
    if (!held) return false;
  }
  return true;
}

TEST(FaultsSim, LeechesFinishFromEachOtherAfterTheSeedDied) {
  for_each_seed(30, [](std::uint64_t seed) {
    SimWorld world{seed};
    SimNode& source = world.add_seed(small_torrent());
    std::vector<SimNode*> leeches;
    for (int i = 0; i < 3; ++i) leeches.push_back(&world.add_leech(small_torrent()));
    std::uint32_t covered = 0;
    ASSERT_TRUE(world.run_until([&] { return cover_all(leeches, covered); }, 5min))
        << world.describe();

    switch (world.rng().below(3)) {
      case 0:
        source.stop();
        break;
      case 1:
        source.crash();
        break;
      default:
        world.cut_off(source);
    }
    auto const done = [&] {
      for (SimNode* const leech : leeches) {
        if (!leech->complete()) return false;
      }
      return true;
    };

    EXPECT_TRUE(world.run_until(done, 10min)) << world.describe();
    for (SimNode* const leech : leeches) EXPECT_TRUE(leech->disk().holds_all());
  });
}

TEST(FaultsSim, ASeedThatCorruptsBlocksCostsTimeNeverCorrectness) {
  std::uint64_t corrupted = 0;
  for_each_seed(30, [&](std::uint64_t seed) {
    SimWorld world{seed};
    world.add_seed(small_torrent());
    SimNode& liar = world.add_seed(small_torrent());
    ASSERT_TRUE(world.run_until([&] { return world.all_complete(); }, 1min));
    liar.disk().corrupt_one_read_in(5);
    world.add_leech(small_torrent());
    world.add_leech(small_torrent());

    EXPECT_TRUE(world.run_until([&] { return world.all_complete(); }, 10min)) << world.describe();

    for (auto const& node : world.nodes()) EXPECT_TRUE(node->disk().holds_all());
    corrupted += liar.disk().corrupted_reads();
  });
  EXPECT_GT(corrupted, 0u);
}

TEST(FaultsSim, AStalledSeedDelaysLittle) {
  for_each_seed(20, [](std::uint64_t seed) {
    SimWorld world{seed};
    world.add_seed(small_torrent());
    SimNode& staller = world.add_seed(small_torrent());
    SimNode& leech = world.add_leech(small_torrent());
    world.run_rounds(world.rng().below(2000));
    world.cut_off(staller);

    EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 20s)) << world.describe();

    EXPECT_TRUE(leech.disk().holds_all());
  });
}

TEST(FaultsSim, APartitionThatHealsIsOverIn30Seconds) {
  for_each_seed(15, [](std::uint64_t seed) {
    SimWorld world{seed};
    SimNode& source = world.add_seed(small_torrent());
    SimNode& leech = world.add_leech(small_torrent());
    world.run_rounds(world.rng().below(1500));
    world.cut_off(source);
    world.run_for(60s);
    auto const had = leech.torrent().stats().bytes_have;
    world.heal(source);

    auto const goes_on = [&] {
      return leech.complete() || leech.torrent().stats().bytes_have > had;
    };
    EXPECT_TRUE(world.run_until(goes_on, 30s)) << world.describe();
    EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 5min)) << world.describe();
    EXPECT_TRUE(leech.disk().holds_all());
  });
}

TEST(FaultsSim, AFailedWriteEndsTheDownloadWithItsReasonAndNoOneElses) {
  for_each_seed(20, [](std::uint64_t seed) {
    SimWorld world{seed};
    SimNode& source = world.add_seed(small_torrent());
    SimNode& failing = world.add_leech(small_torrent());
    SimNode& sound = world.add_leech(small_torrent());
    failing.disk().memory().fail_writes(1 + world.rng().below(20), SIZE_MAX, ENOSPC);

    ASSERT_TRUE(world.run_until([&] { return failing.failed(); }, 5min)) << world.describe();
    ASSERT_TRUE(failing.torrent().failure().has_value());
    EXPECT_EQ(failing.torrent().failure()->sys_errno, ENOSPC);

    // What was under way arrives; nothing is asked any more.
    world.run_for(2s);
    auto const down = failing.torrent().stats().payload_down;
    EXPECT_TRUE(world.run_until([&] { return sound.complete() && source.complete(); }, 5min));
    world.run_for(20s);
    EXPECT_EQ(failing.torrent().stats().payload_down, down);
  });
}

TEST(FaultsSim, ALeechWithAFullDiskGivesOnWhatItHas) {
  for_each_seed(20, [](std::uint64_t seed) {
    SimWorld world{seed};
    SimNode& source = world.add_seed(small_torrent());
    SimNode& full = world.add_leech(small_torrent(), {.keep_serving = true});
    full.disk().memory().fail_writes(2 + world.rng().below(20), SIZE_MAX, ENOSPC);
    ASSERT_TRUE(world.run_until([&] { return full.state() == TorrentState::kUploadOnly; }, 5min))
        << world.describe();
    auto const down = full.torrent().stats().payload_down;
    SimNode& late = world.add_leech(small_torrent());
    world.cut_off(source);

    auto const pieces_of = [](SimNode& node) { return node.torrent().stats().pieces_have; };
    auto const got_them = [&] { return pieces_of(late) == pieces_of(full); };
    EXPECT_TRUE(world.run_until(got_them, 5min)) << world.describe();
    EXPECT_EQ(full.torrent().stats().payload_down, down);
    world.heal(source);
    EXPECT_TRUE(world.run_until([&] { return late.complete(); }, 10min)) << world.describe();
    EXPECT_TRUE(late.disk().holds_all());
    EXPECT_TRUE(world.stop_all()) << world.describe();
  });
}

// What stop() meets: anything at all.  Whether it leaves something behind is asked by
// stop_all(): storage, sockets and timers are gone, and so is every claim, for pieces that
// are still claimed abort the run when their table goes.
TEST(FaultsSim, AStopAtAnyEventLeavesNothingBehindAndLosesNoPiece) {
  for_each_seed(60, [](std::uint64_t seed) {
    SimWorld world{seed};
    SimNodeOptions options{.net_threads = static_cast<int>(1 + world.rng().below(3))};
    world.add_seed(small_torrent()).disk().miss_one_read_in(2);
    SimNode& leech = world.add_leech(small_torrent(), options);
    SimNode& other = world.add_leech(small_torrent(), options);
    if (world.rng().one_in(4)) leech.disk().memory().fail_writes(1 + world.rng().below(20), 1, EIO);
    world.run_rounds(world.rng().below(2500));

    leech.stop();
    ASSERT_TRUE(world.run_until([&] { return leech.stopped(); }, 10s)) << world.describe();
    std::uint32_t held = 0;
    for (std::uint32_t p = 0; p < small_torrent().geometry().piece_count(); ++p) {
      held += leech.disk().holds(PieceIndex{p}) ? 1 : 0;
    }
    EXPECT_GE(held, leech.torrent().stats().pieces_have);
    EXPECT_TRUE(world.run_until([&] { return other.complete(); }, 5min)) << world.describe();
    EXPECT_TRUE(world.stop_all()) << world.describe();
  });
}

// A peer that leaves when each piece lacks one block: what came stays, so the next
// connection goes on where this one ended.
TEST(FaultsSim, APeerThatAlwaysLeavesOneBlockShortCannotHoldUsForever) {
  for_each_seed(10, [](std::uint64_t seed) {
    SimWorld world{seed};
    TestTorrent const torrent = TorrentBuilder{}.pieces(4).piece_size(64 * kKiB).build();
    SimPeer& peer = world.add_peer(torrent, 1);
    int left = 0;
    peer.on_greeting([&] {
      left = 3;
      peer.say(net::HaveAll{});
      peer.say(net::Unchoke{});
    });
    peer.on_message([&](net::Message const& message) {
      auto const* request = std::get_if<net::Request>(&message);
      if (request == nullptr) return;
      if (left-- == 0) return peer.close();
      peer.say_block(*request);
    });
    peer.listen();
    SimNode& leech = world.add_leech(torrent, {.uses_source = false, .peers = {peer.endpoint()}});

    EXPECT_TRUE(world.run_until([&] { return leech.complete(); }, 2h)) << world.describe();

    EXPECT_TRUE(leech.disk().holds_all());
  });
}

}  // namespace
}  // namespace btfast::test
