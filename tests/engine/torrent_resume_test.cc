// A torrent over real files: its control file from the first checkpoint to the end.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <numeric>
#include <vector>

#include "tests/engine/wire_fixture.h"
#include "tests/support/temp_dir.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;
using State = TorrentState;

class TorrentResumeTest : public WireFixture {
 protected:
  SimNode& leech_of_files(FileSelection selection = {}) {
    return world_.add_leech(
        two_files_,
        {.uses_source = false, .output = dir_.path().string(), .selection = std::move(selection)});
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
