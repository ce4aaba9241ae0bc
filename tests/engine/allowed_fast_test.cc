#include "engine/upload/allowed_fast.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/engine/wire_fixture.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kBlock = 16 * 1024;

std::vector<std::uint32_t> set_of(char const* peer, std::uint32_t pieces, std::size_t count) {
  InfoHash info_hash;
  info_hash.fill(std::byte{0xaa});
  std::vector<std::uint32_t> out;
  for (auto piece : allowed_fast_set(*net::Endpoint::parse(peer), info_hash, pieces, count)) {
    out.push_back(piece.value);
  }
  return out;
}

// The example that BEP 6 gives.
TEST(AllowedFast, IsWhatBep6PublishesForItsExample) {
  std::vector<std::uint32_t> const seven{1059, 431, 808, 1217, 287, 376, 1188};
  std::vector<std::uint32_t> const nine{1059, 431, 808, 1217, 287, 376, 1188, 353, 508};

  EXPECT_EQ(set_of("80.4.4.200:1", 1313, 7), seven);
  EXPECT_EQ(set_of("80.4.4.200:1", 1313, 9), nine);
}

TEST(AllowedFast, NeighboursHaveTheSameSetAndNetworksTheirOwn) {
  EXPECT_EQ(set_of("80.4.4.1:1", 1313, 9), set_of("80.4.4.200:2", 1313, 9));
  EXPECT_NE(set_of("80.4.5.200:1", 1313, 9), set_of("80.4.4.200:1", 1313, 9));
  EXPECT_EQ(set_of("[2001:db8::1]:1", 1313, 9), set_of("[2001:db8:0:ff::2]:2", 1313, 9));
  EXPECT_NE(set_of("[2001:db8::1]:1", 1313, 9), set_of("[2001:db8:1::1]:1", 1313, 9));
}

TEST(AllowedFast, OfFewPiecesEachIsInItOnce) {
  auto const all = set_of("80.4.4.200:1", 4, kAllowedFastCount);

  EXPECT_EQ(std::set<std::uint32_t>(all.begin(), all.end()).size(), 4u);
  EXPECT_EQ(all.size(), 4u);
}

class AllowedFastOnTheWire : public WireFixture {
 protected:
  TestTorrent const many_ = TorrentBuilder{}.pieces(160).piece_size(kBlock).build();

  SimPeer& choked_guest(SimNode& node, bool fast = true) {
    SimPeer& guest = world_.add_peer(many_, 1);
    guest.handshake().fast_extension = fast;
    guest.connect(node.endpoint());
    EXPECT_TRUE(until([&] { return guest.greeted(); }));
    settle();
    return guest;
  }
  SimNode& full_node() {
    SimNode& node = world_.add_seed(many_, {.uses_source = false});
    EXPECT_TRUE(until([&] { return node.complete(); }));
    return node;
  }
  static std::uint32_t first_allowed(SimPeer const& peer) {
    std::string const start = "allowed fast ";
    for (auto const& line : peer.heard()) {
      if (line.starts_with(start)) {
        return static_cast<std::uint32_t>(std::stoul(line.substr(start.size())));
      }
    }
    return 0;
  }
};

TEST_F(AllowedFastOnTheWire, AChokedPeerGetsPiecesOfItsSetAndNoOthers) {
  SimPeer& guest = choked_guest(full_node());
  ASSERT_EQ(guest.times_heard("allowed fast"), kAllowedFastCount);
  std::uint32_t const allowed = first_allowed(guest);
  std::uint32_t other = 0;
  while (guest.has_heard("allowed fast " + std::to_string(other))) ++other;

  guest.say(net::Request{allowed, 0, kBlock});
  guest.say(net::Request{other, 0, kBlock});
  settle();

  EXPECT_EQ(guest.times_heard("piece " + std::to_string(allowed)), 1u);
  EXPECT_EQ(guest.times_heard("reject request " + std::to_string(other)), 1u);
  EXPECT_EQ(guest.times_heard("unchoke"), 0u);
}

TEST_F(AllowedFastOnTheWire, WhoHasASetsWorthOfPiecesIsServedAsAllOthersAre) {
  SimPeer& guest = choked_guest(full_node());
  for (std::uint32_t p = 0; p < kAllowedFastCount; ++p) guest.say(net::Have{p});
  std::uint32_t const allowed = first_allowed(guest);

  guest.say(net::Request{allowed, 0, kBlock});
  settle();

  EXPECT_EQ(guest.block_bytes(), 0u);
  EXPECT_EQ(guest.times_heard("reject request"), 1u);
}

TEST_F(AllowedFastOnTheWire, OfASmallTorrentNothingIsGivenAway) {
  SimPeer& one = guest(seed(), 1);
  settle();

  EXPECT_EQ(one.times_heard("allowed fast"), 0u);
}

TEST_F(AllowedFastOnTheWire, WithoutTheFastExtensionThereIsNoSet) {
  SimPeer& guest = choked_guest(full_node(), /*fast=*/false);

  EXPECT_EQ(guest.times_heard("allowed fast"), 0u);
}

TEST_F(AllowedFastOnTheWire, WhoHasNothingPromisesNothing) {
  SimNode& node = world_.add_leech(many_, {.uses_source = false});
  ASSERT_TRUE(until([&] { return node.state() == TorrentState::kDownloading; }));

  EXPECT_EQ(choked_guest(node).times_heard("allowed fast"), 0u);
}

}  // namespace
}  // namespace btfast::test
