// A torrent over real files: its control file from the first checkpoint to the end.
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <vector>

#include "tests/engine/wire_fixture.h"
#include "tests/support/file_faults.h"
#include "tests/support/temp_dir.h"
#include "tests/support/unwritable.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;
using State = TorrentState;

class TorrentResumeTest : public WireFixture {
 protected:
  SimNode& leech_of_files(FileSelection selection = {}, bool keep_serving = false) {
    return world_.add_leech(two_files_, {.keep_serving = keep_serving,
                                         .uses_source = false,
                                         .output = dir_.path().string(),
                                         .selection = std::move(selection)});
  }
  // Both files, right, but for one byte of the first of them where `spoilt`.
  void plant(bool spoilt) {
    auto const* bytes = reinterpret_cast<char const*>(two_files_.content->data());
    storage::FileMap const map = two_files_.map();
    for (auto const& file : map.files()) {
      std::ofstream{dir_ / file.path, std::ios::binary}.write(
          bytes, static_cast<std::streamsize>(file.length));
      bytes += file.length;
    }
    if (spoilt) spoil();
  }
  void spoil() {
    std::fstream file{dir_ / "file0", std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(5).put('!');
  }
  // Has the first so many pieces, and answers when it is told to.
  SimPeer& source(SimNode& node, std::uint32_t pieces = 8) {
    EXPECT_TRUE(until([&] { return node.state() == State::kDownloading; }));
    SimPeer& source = world_.add_peer(two_files_, 1);
    source.connect(node.endpoint());
    EXPECT_TRUE(until([&] { return source.greeted(); }));
    std::vector<std::uint32_t> has(pieces);
    std::iota(has.begin(), has.end(), 0u);
    source.say_pieces(has);
    source.say(net::Unchoke{});
    return source;
  }
  // All that was asked of one piece so far, answered.
  static void give(SimPeer& source, std::uint32_t piece) {
    for (auto const& request : source.requests()) {
      if (request.piece == piece) source.say_block(request);
    }
  }
  bool claims() const { return std::filesystem::exists(dir_ / "file0.btfast"); }

  test::TempDir dir_;
  TestTorrent const two_files_ = TorrentBuilder{}.pieces(8).piece_size(64 * kKiB).files(2).build();
};

TEST_F(TorrentResumeTest, TheEndIsSealedBeforeItIsTold) {
  SimNode& node = leech_of_files();
  SimPeer& peer = source(node);
  ASSERT_TRUE(until([&] { return peer.requests().size() == 32; }));
  give(peer, 0);
  ASSERT_TRUE(until([&] { return claims(); }, 5s));

  for (std::uint32_t piece = 1; piece < 8; ++piece) give(peer, piece);
  ASSERT_TRUE(until([&] { return node.complete(); }));

  std::vector<State> const expected{State::kPreparing, State::kDownloading, State::kSealing,
                                    State::kComplete};
  EXPECT_EQ(node.states(), expected);
  EXPECT_FALSE(claims());
}

// FAULTS 127: what was written is nowhere.
TEST_F(TorrentResumeTest, AFileThatIsGoneAtTheEndIsAFailure) {
  SimNode& node = leech_of_files();
  SimPeer& peer = source(node);
  ASSERT_TRUE(until([&] { return peer.requests().size() == 32; }));
  std::filesystem::remove(dir_ / "file1");

  peer.serve();

  ASSERT_TRUE(until([&] { return node.failed(); }));
  EXPECT_EQ(node.torrent().failure()->code, Errc::kNotFound);
}

// FAULTS 129.
TEST_F(TorrentResumeTest, WhatIsRightNeedNotBeWritable) {
  plant(false);
  Unwritable const locked{dir_ / "file0"};
  if (!locked.holds()) GTEST_SKIP() << "no immutable files here";

  SimNode& node = leech_of_files();

  EXPECT_TRUE(until([&] { return node.complete(); }, 10s));
}

TEST_F(TorrentResumeTest, AWrongPieceOfAnUnwritableFileEndsItBeforeAnyoneIsAsked) {
  plant(true);
  Unwritable const locked{dir_ / "file0"};
  if (!locked.holds()) GTEST_SKIP() << "no immutable files here";

  SimNode& node = leech_of_files();

  ASSERT_TRUE(until([&] { return node.failed(); }, 10s));
  EXPECT_NE(node.torrent().failure()->detail.find("file0"), std::string::npos);
  std::vector<State> const expected{State::kPreparing, State::kChecking, State::kFailed};
  EXPECT_EQ(node.states(), expected);
}

// FAULTS 118, 124: after a sync that failed a page may be lost, and nothing else shows it.
TEST_F(TorrentResumeTest, WhatIsServedAfterAFailedSyncIsHashedAgain) {
  SimNode& node = leech_of_files({}, /*keep_serving=*/true);
  SimPeer& peer = source(node);
  ASSERT_TRUE(until([&] { return peer.requests().size() == 32; }));
  give(peer, 0);
  give(peer, 1);
  ASSERT_TRUE(until([&] { return node.torrent().stats().pieces_have == 2; }, 1s));
  auto const before = std::filesystem::last_write_time(dir_ / "file0");
  {
    FileFaults const faults{storage::io::Op::kSync, FileFaults::always(EROFS)};
    ASSERT_TRUE(until([&] { return node.state() == State::kUploadOnly; }, 5s));
  }
  spoil();
  std::filesystem::last_write_time(dir_ / "file0", before);

  world_.run_for(2 * DataWatch::kPause);
  SimPeer& taker = world_.add_peer(two_files_, 2);
  taker.connect(node.endpoint());
  taker.say(net::Interested{});
  ASSERT_TRUE(until([&] { return taker.has_heard("unchoke"); }, 20s));
  taker.say(net::Request{0, 0, 16 * 1024});
  taker.say(net::Request{1, 0, 16 * 1024});

  ASSERT_TRUE(until([&] { return taker.times_heard("piece") == 1; }, 10s));
  EXPECT_TRUE(taker.has_heard("piece 1 0 16384"));
  EXPECT_EQ(node.torrent().failure()->sys_errno, EROFS);
}

TEST_F(TorrentResumeTest, ASelectionThatGrowsAfterTheEndIsClaimedAgain) {
  SimNode& node = leech_of_files({.files = {Priority::kNormal, Priority::kSkip}});
  SimPeer& peer = source(node, 7);  // of a seed we would take leave at the end
  peer.serve();
  ASSERT_TRUE(until([&] { return node.complete(); }));
  ASSERT_FALSE(claims());

  peer.stop_serving();
  node.torrent().set_selection({});
  ASSERT_TRUE(until([&] { return peer.requests().size() == 28; }));
  EXPECT_EQ(node.state(), State::kDownloading);
  give(peer, peer.requests().back().piece);

  EXPECT_TRUE(until([&] { return claims(); }, 5s));
}

}  // namespace
}  // namespace btfast::test
