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

// -- a seed's uplink
// --------------------------------------------------------------------------------

// Arrivals of one moment come together, so that a thousand peers are few events.
constexpr net::SimNetworkConfig kEvenPaths{.latency_min = 5ms, .latency_max = 5ms};

TestTorrent const& served_torrent() {
  static TestTorrent const torrent = TorrentBuilder{}.pieces(32).piece_size(128 * kKiB).build();
  return torrent;
}

// A seed to `count` takers; how many of them are unchoked is "auto".
class SeedOfTakers {
 public:
  SeedOfTakers(std::uint64_t seed, SimTakersOptions const& takers, SimNodeOptions node = {})
      : world_(seed, kEvenPaths),
        node_(add(std::move(node))),
        takers_(world_.add_takers(served_torrent(), takers)),
        options_(takers) {
    EXPECT_TRUE(world_.run_until([this] { return node_.complete(); }, 1min));
    takers_.connect(node_.endpoint());
  }

  void run_for(Duration time) { world_.run_for(time); }
  SimTakers& takers() { return takers_; }
  // What all took in the next `time`, of what they could take.
  double share_taken(Duration time) {
    std::uint64_t const before = takers_.taken_by_all();
    world_.run_for(time);
    double const could = static_cast<double>(options_.bytes_per_s * options_.count) *
                         std::chrono::duration<double>(time).count();
    return static_cast<double>(takers_.taken_by_all() - before) / could;
  }

 private:
  SimNode& add(SimNodeOptions options) {
    options.upload_slots =
        options.upload_slots == SimNodeOptions{}.upload_slots ? 0 : options.upload_slots;
    options.max_peers = 1100;
    options.uses_source = false;
    return world_.add_seed(served_torrent(), options);
  }

  SimWorld world_;
  SimNode& node_;
  SimTakers& takers_;
  SimTakersOptions const options_;
};

class SeedOf : public ::testing::TestWithParam<std::size_t> {};

TEST_P(SeedOf, GivesAllPeersWhatTheyCanTakeFromTheStart) {
  // A taker looks ten times a second, and a connection holds 128 KiB in between.
  std::uint64_t const each = std::clamp<std::uint64_t>(8 * kMiB / GetParam(), 16 * kKiB, kMiB);
  SeedOfTakers seed{1, {.count = GetParam(), .bytes_per_s = each}};

  seed.run_for(500ms);  // they come one after the other

  EXPECT_GE(seed.share_taken(4500ms), 0.95);
  EXPECT_EQ(seed.takers().unchoked(), GetParam());
}

// Slots that nobody says are few are those that peers use: a fixed number goes on at once when
// who has one has all it wants.
TEST(SeedSim, WhoHasAllAndStaysGivesItsSlotUpWithinASecond) {
  std::uint64_t const each = 512 * kKiB;
  SeedOfTakers seed{1, {.count = 40, .bytes_per_s = 1 * kMiB, .enough = each}, {.upload_slots = 4}};

  // Ten turns, of half a second's fetching and less than a second each.
  seed.run_for(20s);

  auto const taken = seed.takers().taken();
  EXPECT_GE(*std::min_element(taken.begin(), taken.end()), each);
}

// A limit gives few peers large shares, in turn, and is used up meanwhile.
TEST(SeedSim, ALimitIsUsedUpAndEveryPeerHasItsTurn) {
  constexpr std::uint64_t kLimit = 512 * kKiB;
  SeedOfTakers seed{1, {.count = 24, .bytes_per_s = 128 * kKiB}, {.up_limit = kLimit}};

  seed.run_for(30s);  // it takes a while until few are served
  auto const before = seed.takers().taken();
  EXPECT_LE(seed.takers().unchoked(), 16u);
  seed.run_for(270s);

  std::vector<double> shares;
  double sum = 0;
  auto const after = seed.takers().taken();
  for (std::size_t i = 0; i < after.size(); ++i) {
    shares.push_back(static_cast<double>(after[i] - before[i]));
    sum += shares.back();
  }
  EXPECT_GT(sum, 0.95 * 270 * static_cast<double>(kLimit));
  double const mean = sum / static_cast<double>(shares.size());
  for (double const share : shares) EXPECT_NEAR(share, mean, mean * 0.4);
}

INSTANTIATE_TEST_SUITE_P(Leeches, SeedOf, ::testing::Values(1, 10, 60, 200, 1000),
                         [](auto const& of) { return std::to_string(of.param); });

}  // namespace
}  // namespace btfast::test
