#include "engine/torrent/torrent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <vector>

#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;
using State = TorrentState;

class TorrentTest : public WireFixture {};

TEST_F(TorrentTest, ASeedChecksWhatItHasAndIsComplete) {
  SimNode& node = seed();
  node.stop();
  ASSERT_TRUE(until([&] { return node.stopped(); }, 5s));

  std::vector<State> const expected{State::kPreparing, State::kChecking, State::kComplete,
                                    State::kStopping, State::kStopped};
  EXPECT_EQ(node.states(), expected);
  EXPECT_EQ(node.torrent().stats().bytes_have, torrent_.geometry().total_size());
}

TEST_F(TorrentTest, ALeechDownloadsAndIsComplete) {
  SimNode& node = leech();
  giver(node, 1).serve();
  ASSERT_TRUE(until([&] { return node.complete(); }));

  std::vector<State> const expected{State::kPreparing, State::kDownloading, State::kComplete};
  EXPECT_EQ(node.states(), expected);
  TorrentStats const stats = node.torrent().stats();
  EXPECT_EQ(stats.bytes_have, torrent_.geometry().total_size());
  EXPECT_EQ(stats.pieces_have, stats.piece_count);
  EXPECT_EQ(stats.bytes_written, torrent_.geometry().total_size());
  EXPECT_EQ(stats.bad_pieces, 0u);
  EXPECT_EQ(stats.bytes_fetched, torrent_.geometry().total_size());
  EXPECT_EQ(stats.wasted, 0u);
  EXPECT_GT(stats.request_time_us, 0u);
}

TEST_F(TorrentTest, StopIsAllowedAtOnceAndTwice) {
  SimNode& node = world_.add_leech(torrent_);
  node.stop();
  node.stop();

  EXPECT_TRUE(until([&] { return node.stopped(); }, 5s));
}

TEST_F(TorrentTest, StopDuringTheCheckEndsIt) {
  SimNode& node = world_.add_seed(torrent_);
  ASSERT_TRUE(until([&] { return node.state() == State::kChecking; }, 5s));
  node.stop();

  EXPECT_TRUE(until([&] { return node.stopped(); }, 5s));
}

TEST_F(TorrentTest, DamagedPiecesAreFoundByTheCheckAndFetchedAgain) {
  SimNode& node = world_.add_seed(torrent_, {.uses_source = false});
  std::vector<std::byte> const damage(100, std::byte{0xEE});
  node.disk().memory().fill(70'000, damage);
  ASSERT_TRUE(until([&] { return node.state() == State::kDownloading; }, 5s));
  EXPECT_EQ(node.torrent().stats().pieces_have, 7u);

  SimPeer& source = giver(node, 1);
  source.serve();

  ASSERT_TRUE(until([&] { return node.complete(); }));
  EXPECT_EQ(source.times_heard("request 1 "), source.requests().size());
  EXPECT_TRUE(node.disk().holds_all());
}

TEST_F(TorrentTest, AFailedWriteIsReportedWithThePathAndErrno) {
  SimNode& node = leech();
  node.disk().memory().fail_writes(2, 1, ENOSPC);
  giver(node, 1).serve();

  ASSERT_TRUE(until([&] { return node.failed(); }, 10s));

  ASSERT_TRUE(node.torrent().failure().has_value());
  EXPECT_EQ(node.torrent().failure()->sys_errno, ENOSPC);
  EXPECT_NE(failure_text(*node.torrent().failure()).find("file0"), std::string::npos);
}

// FAULTS 124: what is here is right and stays of use to others.
TEST_F(TorrentTest, AfterAFailedWriteItServesOnWhereThatIsWanted) {
  SimNode& node = leech({.keep_serving = true});
  node.disk().memory().fail_writes(4, SIZE_MAX, EROFS);
  SimPeer& source = giver(node, 1);
  source.serve();
  ASSERT_TRUE(until([&] { return node.state() == State::kUploadOnly; }, 10s));
  auto const asked = source.requests().size();
  auto const has = node.torrent().stats().pieces_have;
  EXPECT_EQ(has, 3u);

  SimPeer& taker = guest(node, 2);
  taker.say(net::Interested{});
  ASSERT_TRUE(until([&] { return taker.has_heard("unchoke"); }, 20s));
  for (std::uint32_t piece = 0; piece < 8; ++piece) taker.say(net::Request{piece, 0, 16 * 1024});
  ASSERT_TRUE(until([&] { return taker.times_heard("piece") + taker.times_heard("reject") == 8; }));
  EXPECT_EQ(taker.times_heard("piece"), has);
  EXPECT_FALSE(taker.misled());
  EXPECT_TRUE(source.closed()) << "neither has anything to ask of the other";
  EXPECT_EQ(source.requests().size(), asked);

  node.stop();
  ASSERT_TRUE(until([&] { return node.stopped(); }, 5s));
  EXPECT_EQ(node.torrent().failure()->sys_errno, EROFS);
}

TEST_F(TorrentTest, AFailedWriteWithNothingHereIsTheEndAllTheSame) {
  SimNode& node = leech({.keep_serving = true});
  node.disk().memory().fail_writes(1, SIZE_MAX, EROFS);
  giver(node, 1).serve();

  EXPECT_TRUE(until([&] { return node.failed(); }, 10s));
}

TEST_F(TorrentTest, WhatIsServedAfterAFailedWriteIsWatched) {
  SimNode& node = leech({.keep_serving = true});
  node.disk().memory().fail_writes(4, SIZE_MAX, EROFS);
  giver(node, 1).serve();
  ASSERT_TRUE(until([&] { return node.state() == State::kUploadOnly; }, 10s));

  node.disk().memory().disturb({.offset = 0,
                                .length = torrent_.geometry().total_size(),
                                .everything = true,
                                .why = Failure{Errc::kNotFound, "out: moved away"}});

  ASSERT_TRUE(until([&] { return node.failed(); }, 10s));
  EXPECT_EQ(node.torrent().failure()->sys_errno, EROFS) << "the first reason stays";
}

// The workers write on while a torrent stops, and that write may be the one that fails.
TEST_F(TorrentTest, AWriteThatFailsWhileStoppingDoesNotHoldUpTheEnd) {
  SimNode& node = leech();
  node.disk().memory().fail_writes(1, 1, EIO);
  node.disk().on_write([&] { node.stop(); });
  giver(node, 1).serve();

  EXPECT_TRUE(until([&] { return node.stopped(); }, 10s));
  EXPECT_EQ(node.disk().memory().writes(), 1u);
  EXPECT_TRUE(node.torrent().failure().has_value());
}

TEST_F(TorrentTest, MoreConnectionsThanAllowedAreTurnedAway) {
  SimNode& node = leech({.max_peers = 2});
  SimPeer& first = guest(node, 1);
  SimPeer& second = guest(node, 2);
  SimPeer& third = guest(node, 3);

  auto const closed = [&] { return int{first.closed()} + second.closed() + third.closed(); };
  EXPECT_TRUE(until([&] { return closed() == 1; }, 5s));
  settle();
  EXPECT_EQ(closed(), 1);
  EXPECT_EQ(node.torrent().dialer().connected_count(), 2u);
}

TEST_F(TorrentTest, OfACrowdAsManyStayAsMay) {
  SimNode& node = leech({.max_peers = 2});
  std::vector<SimPeer*> crowd;
  for (std::uint8_t id = 1; id <= 12; ++id) {
    crowd.push_back(&peer(id));
    crowd.back()->connect(node.endpoint());
  }

  settle();

  auto const stay = std::count_if(crowd.begin(), crowd.end(),
                                  [](SimPeer const* p) { return p->greeted() && !p->closed(); });
  EXPECT_EQ(stay, 2);
  EXPECT_EQ(node.torrent().dialer().connected_count(), 2u);
}

// Both have the other's address, so they meet twice.
TEST_F(TorrentTest, TwoThatFindEachOtherKeepOneConnection) {
  for_each_seed(10, [this](std::uint64_t seed) {
    SimWorld world{seed};
    SimNode& a = world.add_leech(torrent_);
    SimNode& b = world.add_leech(torrent_);
    world.run_for(30s);

    EXPECT_EQ(a.torrent().dialer().connected_count(), 1u);
    EXPECT_EQ(b.torrent().dialer().connected_count(), 1u);
    EXPECT_EQ(a.open_sockets(), 1u);
    EXPECT_EQ(b.open_sockets(), 1u);
  });
}

}  // namespace
}  // namespace btfast::test
