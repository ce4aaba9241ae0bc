#include "net/tracker_server/tracker_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace btfast::net {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours{1}};

InfoHash hash_of(int n) {
  InfoHash hash{};
  hash[0] = static_cast<std::byte>(n);
  return hash;
}

PeerId id_of(int n) {
  PeerId id{};
  id[18] = static_cast<std::byte>(n >> 8);
  id[19] = static_cast<std::byte>(n);
  return id;
}

Endpoint endpoint_of(int n) {
  auto const high = static_cast<std::uint8_t>(n >> 8);
  return Endpoint::ipv4({10, 0, high, static_cast<std::uint8_t>(n)}, 6881);
}

TrackerAnnounce leech(int n) {
  return {.info_hash = hash_of(1), .peer_id = id_of(n), .peer = endpoint_of(n), .left = 5};
}
TrackerAnnounce seed(int n) {
  auto announce = leech(n);
  announce.left = 0;
  return announce;
}

std::set<Endpoint> endpoints(TrackerAnswer const& answer) {
  std::set<Endpoint> out;
  for (auto const& peer : answer.peers) out.insert(peer.endpoint);
  return out;
}

TEST(TrackerTable, GivesTheOthersAndNeverTheAsker) {
  TrackerTable table{{}, 1};
  table.announce(leech(1), kStart);
  table.announce(seed(2), kStart);

  auto const answer = table.announce(leech(3), kStart);

  ASSERT_TRUE(answer);
  EXPECT_EQ(endpoints(*answer), (std::set{endpoint_of(1), endpoint_of(2)}));
  EXPECT_EQ(answer->counts.seeders, 1u);
  EXPECT_EQ(answer->counts.leechers, 2u);
}

TEST(TrackerTable, TakesAnotherAddressWithTheSamePeerIdForTheAsker) {
  TrackerTable table{{}, 1};
  auto other_family = leech(1);
  other_family.peer = *Endpoint::parse("[2001:db8::1]:6881");
  table.announce(other_family, kStart);

  auto const answer = table.announce(leech(1), kStart);

  EXPECT_TRUE(answer->peers.empty());
}

TEST(TrackerTable, GivesNoSeedsToSeeds) {
  TrackerTable table{{}, 1};
  table.announce(seed(1), kStart);
  table.announce(leech(2), kStart);

  auto const answer = table.announce(seed(3), kStart);

  EXPECT_EQ(endpoints(*answer), std::set{endpoint_of(2)});
}

TEST(TrackerTable, GivesAtMostWhatIsWantedAndWhatIsAllowed) {
  TrackerTable table{{.numwant = 20}, 1};
  for (int i = 1; i <= 50; ++i) table.announce(leech(i), kStart);
  auto modest = leech(100);
  modest.numwant = 7;
  auto greedy = leech(101);
  greedy.numwant = 4'000'000'000;

  auto const few = table.announce(modest, kStart);
  auto const many = table.announce(greedy, kStart);

  EXPECT_EQ(few->peers.size(), 7u);
  EXPECT_EQ(many->peers.size(), 20u);
  EXPECT_EQ(endpoints(*many).size(), 20u);
}

TEST(TrackerTable, GivesEveryPeerItsTurn) {
  TrackerTable table{{}, 1};
  for (int i = 1; i <= 40; ++i) table.announce(i % 2 == 0 ? seed(i) : leech(i), kStart);
  auto asker = leech(100);
  asker.numwant = 4;
  std::set<Endpoint> seen;

  for (int i = 0; i < 200; ++i) seen.merge(endpoints(*table.announce(asker, kStart)));

  EXPECT_EQ(seen.size(), 40u);
}

TEST(TrackerTable, GivesOneFamilyWhereOneIsAskedFor) {
  TrackerTable table{{}, 1};
  auto v6 = leech(1);
  v6.peer = *Endpoint::parse("[2001:db8::1]:6881");
  table.announce(v6, kStart);
  table.announce(leech(2), kStart);
  auto asker = leech(3);
  asker.only_family = Family::kIpv6;

  auto const answer = table.announce(asker, kStart);

  EXPECT_EQ(endpoints(*answer), std::set{v6.peer});
}

TEST(TrackerTable, CountsALeechThatBecomesASeedOnce) {
  TrackerTable table{{}, 1};
  table.announce(leech(1), kStart);
  auto done = seed(1);
  done.event = AnnounceEvent::kCompleted;

  table.announce(done, kStart);
  auto const answer = table.announce(done, kStart);

  EXPECT_EQ(answer->counts.downloaded, 1u);
  EXPECT_EQ(answer->counts.seeders, 1u);
  EXPECT_EQ(answer->counts.leechers, 0u);
}

TEST(TrackerTable, ForgetsWhoStops) {
  TrackerTable table{{}, 1};
  table.announce(leech(1), kStart);
  table.announce(leech(2), kStart);
  auto stop = leech(1);
  stop.event = AnnounceEvent::kStopped;

  auto const answer = table.announce(stop, kStart);

  EXPECT_TRUE(answer->peers.empty());
  EXPECT_EQ(answer->counts.leechers, 1u);
  EXPECT_EQ(table.peer_count(), 1u);
  EXPECT_TRUE(table.announce(leech(2), kStart)->peers.empty());
}

TEST(TrackerTable, MakesNoSwarmForSomebodyWhoStops) {
  TrackerTable table{{}, 1};
  auto stop = leech(1);
  stop.event = AnnounceEvent::kStopped;

  auto const answer = table.announce(stop, kStart);

  EXPECT_TRUE(answer);
  EXPECT_EQ(table.torrent_count(), 0u);
}

TEST(TrackerTable, ForgetsTheSilentAndThenTheirSwarm) {
  TrackerTable table{{.interval = seconds{100}, .keep_least = seconds{0}}, 1};
  for (int i = 1; i <= 5; ++i) table.announce(i % 2 == 0 ? seed(i) : leech(i), kStart);
  table.announce(leech(6), kStart + seconds{150});

  table.expire(kStart + seconds{201});
  auto const after_first = table.scrape(hash_of(1));
  table.expire(kStart + seconds{351});

  ASSERT_TRUE(after_first);
  EXPECT_EQ(after_first->leechers, 1u);
  EXPECT_EQ(after_first->seeders, 0u);
  EXPECT_EQ(table.peer_count(), 0u);
  EXPECT_EQ(table.torrent_count(), 0u);
}

// A client may have a shortest interval that is longer than the one it was asked to keep.
TEST(TrackerTable, KeepsForAQuarterOfAnHourWhoCouldNotComeSooner) {
  TrackerTable table{{.interval = seconds{10}}, 1};
  table.announce(seed(1), kStart);
  auto leaving = seed(2);
  table.announce(leaving, kStart);

  leaving.event = AnnounceEvent::kStopped;
  table.announce(leaving, kStart + seconds{20});
  table.expire(kStart + seconds{900});
  EXPECT_EQ(endpoints(*table.announce(leech(3), kStart + seconds{900})), std::set{endpoint_of(1)});
  table.expire(kStart + seconds{901});

  EXPECT_EQ(table.scrape(hash_of(1))->seeders, 0u);
}

TEST(TrackerTable, KeepsForTwoIntervalsWhereThoseAreLonger) {
  TrackerTable table{{.interval = seconds{1'800}}, 1};
  table.announce(seed(1), kStart);

  table.expire(kStart + seconds{3'600});
  EXPECT_EQ(table.peer_count(), 1u);
  table.expire(kStart + seconds{3'601});

  EXPECT_EQ(table.peer_count(), 0u);
}

// What is kept longer than two intervals is kept only where there is room.
TEST(TrackerTable, WhoMissedTwoIntervalsMakesRoomForTheNext) {
  TrackerTable table{{.torrents = 1, .peers_per_torrent = 2, .interval = seconds{10}}, 1};
  table.announce(seed(1), kStart);
  table.announce(seed(2), kStart + seconds{15});

  table.announce(leech(3), kStart + seconds{21});
  EXPECT_EQ(endpoints(*table.announce(leech(3), kStart + seconds{21})), std::set{endpoint_of(2)});
  auto other = leech(4);
  other.info_hash = hash_of(2);
  EXPECT_FALSE(table.announce(other, kStart + seconds{22}));

  EXPECT_TRUE(table.announce(other, kStart + seconds{60}));
  EXPECT_EQ(table.torrent_count(), 1u);
  EXPECT_EQ(table.peer_count(), 1u);
}

TEST(TrackerTable, RefusesOneTorrentTooMany) {
  TrackerTable table{{.torrents = 2}, 1};
  for (int i = 1; i <= 3; ++i) {
    auto announce = leech(1);
    announce.info_hash = hash_of(i);

    EXPECT_EQ(table.announce(announce, kStart).has_value(), i <= 2);
  }

  EXPECT_EQ(table.torrent_count(), 2u);
}

TEST(TrackerTable, TellsAPeerThereIsNoRoomForOfTheOthers) {
  TrackerTable table{{.peers_per_torrent = 2, .peers = 3}, 1};
  table.announce(leech(1), kStart);
  table.announce(leech(2), kStart);

  auto const third = table.announce(leech(3), kStart);
  auto const first = table.announce(leech(1), kStart);

  EXPECT_EQ(endpoints(*third), (std::set{endpoint_of(1), endpoint_of(2)}));
  EXPECT_EQ(endpoints(*first), std::set{endpoint_of(2)});
  EXPECT_EQ(table.peer_count(), 2u);
}

TEST(TrackerTable, BoundsThePeersOfAllSwarmsTogether) {
  TrackerTable table{{.peers = 3}, 1};
  for (int i = 1; i <= 10; ++i) {
    auto announce = leech(i);
    announce.info_hash = hash_of(i);
    table.announce(announce, kStart);
  }

  EXPECT_EQ(table.peer_count(), 3u);
}

// Against a plain model: whoever came last counts, and the places in the lists stay right
// through every order of coming, becoming a seed and leaving.
TEST(TrackerTable, AgreesWithAModelThroughRandomComingsAndGoings) {
  TrackerTable table{{}, 1};
  Rng rng{7};
  std::set<int> seeds;
  std::set<int> leeches;

  for (int i = 0; i < 5'000; ++i) {
    int const n = static_cast<int>(rng.below(30));
    auto announce = rng.one_in(2) ? leech(n) : seed(n);
    if (rng.one_in(3)) announce.event = AnnounceEvent::kStopped;
    seeds.erase(n);
    leeches.erase(n);
    if (announce.event != AnnounceEvent::kStopped) (announce.left ? leeches : seeds).insert(n);

    auto const answer = table.announce(announce, kStart);

    ASSERT_EQ(answer->counts.seeders, seeds.size());
    ASSERT_EQ(answer->counts.leechers, leeches.size());
    ASSERT_EQ(table.peer_count(), seeds.size() + leeches.size());
    if (announce.event == AnnounceEvent::kStopped || announce.left == 0) continue;
    ASSERT_EQ(endpoints(*answer).size(), seeds.size() + leeches.size() - 1);
  }
}

}  // namespace
}  // namespace btfast::net
