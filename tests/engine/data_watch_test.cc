#include "engine/torrent/data_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;
using State = TorrentState;

constexpr std::uint32_t kPiece = 64 * kKiB;

// FAULTS 125-128: what somebody else does to the files.
class DataWatchTest : public WireFixture {
 protected:
  static storage::Disturbance of_pieces(std::uint32_t first, std::uint32_t count) {
    return {.offset = first * kPiece,
            .length = count * kPiece,
            .why = Failure{Errc::kNotFound, "file0: changed by somebody else"}};
  }
  storage::Disturbance of_everything() const {
    return {.offset = 0,
            .length = torrent_.geometry().total_size(),
            .everything = true,
            .why = Failure{Errc::kNotFound, "out: moved away"}};
  }
  static void spoil(SimNode& node, std::uint32_t piece) {
    std::vector<std::byte> const damage(100, std::byte{0xEE});
    node.disk().memory().fill(piece * kPiece + 5, damage);
  }
  // Asks for a block of each of these pieces and waits for as many answers.
  bool ask(SimNode& node, SimPeer& taker, std::vector<std::uint32_t> const& pieces) {
    taker.say(net::Interested{});
    bool const unchoked = until([&] { return taker.has_heard("unchoke"); }, 20s);
    for (auto const piece : pieces) taker.say(net::Request{piece, 0, 16 * 1024});
    auto const answered = [&] {
      return taker.times_heard("piece") + taker.times_heard("reject") == pieces.size();
    };
    return unchoked && until(answered, 10s) && node.complete();
  }
};

TEST_F(DataWatchTest, WhatWasChangedWhileItIsServedIsHashedAgainAndTheWrongPieceGoes) {
  SimNode& node = seed();
  SimPeer& taker = guest(node, 1);
  spoil(node, 3);
  node.disk().memory().disturb(of_pieces(2, 3));
  world_.run_for(2 * DataWatch::kPause);

  ASSERT_TRUE(ask(node, taker, {2, 3, 4}));

  EXPECT_TRUE(taker.has_heard("reject request 3 "));
  EXPECT_EQ(taker.times_heard("piece"), 2u);
  EXPECT_FALSE(taker.misled());
}

TEST_F(DataWatchTest, WhoComesLaterIsNotToldOfALostPiece) {
  SimNode& node = seed();
  spoil(node, 3);
  node.disk().memory().disturb(of_pieces(3, 1));
  world_.run_for(2 * DataWatch::kPause);

  SimPeer& taker = guest(node, 1);
  settle();

  EXPECT_TRUE(taker.has_heard("bitfield"));
}

TEST_F(DataWatchTest, AChangeThatLeftTheBytesRightCostsNothing) {
  SimNode& node = seed();
  SimPeer& taker = guest(node, 1);
  node.disk().memory().disturb(of_pieces(0, 8));
  world_.run_for(2 * DataWatch::kPause);

  ASSERT_TRUE(ask(node, taker, {0, 1, 2, 3, 4, 5, 6, 7}));

  EXPECT_EQ(taker.times_heard("piece"), 8u);
}

TEST_F(DataWatchTest, ASeedWithNothingLeftEnds) {
  SimNode& node = seed();
  node.disk().memory().remove_file(FileIndex{0});

  node.disk().memory().disturb(of_pieces(0, 8));

  ASSERT_TRUE(until([&] { return node.failed(); }, 30s));
  EXPECT_EQ(node.torrent().failure()->detail, "file0: changed by somebody else");
}

TEST_F(DataWatchTest, AnOutputDirectoryThatWentAwayEndsASeedAtOnce) {
  SimNode& node = seed();

  node.disk().memory().disturb(of_everything());

  ASSERT_TRUE(until([&] { return node.failed(); }, 10s));
  EXPECT_EQ(node.torrent().failure()->detail, "out: moved away");
}

TEST_F(DataWatchTest, AFileThatWentAwayEndsADownload) {
  SimNode& node = leech();

  node.disk().memory().disturb(of_pieces(0, 1));

  ASSERT_TRUE(until([&] { return node.failed(); }, 10s));
  EXPECT_EQ(node.torrent().failure()->code, Errc::kNotFound);
}

TEST_F(DataWatchTest, AStopDuringTheCheckEndsIt) {
  SimNode& node = seed();
  node.disk().memory().disturb(of_pieces(0, 8));
  world_.run_for(DataWatch::kPause);

  node.stop();

  EXPECT_TRUE(until([&] { return node.stopped(); }, 5s));
}

}  // namespace
}  // namespace btfast::test
