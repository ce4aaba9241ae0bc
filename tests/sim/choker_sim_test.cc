// Tit-for-tat on the wire: scripted peers that give at different rates, and who of them is
// unchoked meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

#include "tests/support/sim_world.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPeers = 8;

// A peer that has everything and gives `blocks_per_s` of what it is asked for.
class SteadyGiver {
 public:
  SteadyGiver(SimPeer& peer, double blocks_per_s) : peer_(peer), blocks_per_s_(blocks_per_s) {
    peer_.on_message([this](net::Message const& message) {
      if (std::holds_alternative<net::Unchoke>(message)) unchoked_ = true;
      if (std::holds_alternative<net::Choke>(message)) unchoked_ = false;
    });
  }
  void start(SimNode& node) { peer_.connect(node.endpoint()); }
  void introduce() {
    peer_.say(net::HaveAll{});
    peer_.say(net::Interested{});
    peer_.say(net::Unchoke{});
  }
  void give(Duration passed) {
    credit_ += blocks_per_s_ * std::chrono::duration<double>(passed).count();
    for (; credit_ >= 1 && given_ < peer_.requests().size(); --credit_) {
      peer_.say_block(peer_.requests()[given_++]);
    }
    credit_ = std::min(credit_, 1.0);  // what nobody asked for in time is not made up for
  }
  bool greeted() const { return peer_.greeted(); }
  bool unchoked() const { return unchoked_; }

 private:
  SimPeer& peer_;
  double const blocks_per_s_;
  double credit_ = 0;
  std::size_t given_ = 0;
  bool unchoked_ = false;
};

TEST(ChokerSim, TheFastestHoldTheirSlotsAndTheOptimisticOneGoesRound) {
  TestTorrent const torrent = TorrentBuilder{}.pieces(600).piece_size(64 * kKiB).build();
  for_each_seed(3, [&](std::uint64_t seed) {
    SimWorld world{seed};
    SimNode& node = world.add_leech(torrent, {.upload_slots = 4, .uses_source = false});
    ASSERT_TRUE(world.run_until([&] { return node.state() == TorrentState::kDownloading; }, 1min));
    std::vector<SteadyGiver> givers;
    givers.reserve(kPeers);
    for (std::size_t i = 0; i < kPeers; ++i) {
      auto const id = static_cast<std::uint8_t>(i + 1);
      givers.emplace_back(world.add_peer(torrent, id), 0.25 * static_cast<double>(i + 1));
    }
    for (auto& giver : givers) giver.start(node);
    ASSERT_TRUE(world.run_until(
        [&] {
          return std::all_of(givers.begin(), givers.end(),
                             [](auto const& g) { return g.greeted(); });
        },
        1min));
    for (auto& giver : givers) giver.introduce();

    std::array<int, kPeers> unchoked{};
    int samples = 0;
    for (int half_s = 0; half_s < 2 * 230; ++half_s) {
      for (auto& giver : givers) giver.give(500ms);
      world.run_for(500ms);
      if (half_s < 2 * 30) continue;  // until two rounds have seen the rates
      ++samples;
      int slots = 0;
      for (std::size_t i = 0; i < kPeers; ++i) {
        unchoked[i] += givers[i].unchoked() ? 1 : 0;
        slots += givers[i].unchoked() ? 1 : 0;
      }
      EXPECT_LE(slots, 4);
    }

    ASSERT_FALSE(node.complete());
    for (std::size_t i : {5u, 6u, 7u}) EXPECT_GT(unchoked[i], samples * 8 / 10) << i;
    // Of the others each had the one slot that is left, and none of them for long.
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_GT(unchoked[i], 0) << i;
      EXPECT_LT(unchoked[i], samples / 2) << i;
    }
  });
}

}  // namespace
}  // namespace btfast::test
