#include "engine/peers/peer_list.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/base/limits.h"

namespace btfast {
namespace {

using net::CloseReason;
using net::Endpoint;

TimePoint const kStart{std::chrono::hours{1}};

Endpoint peer(std::uint8_t last, std::uint16_t port = 6881) {
  return Endpoint::ipv4({10, 77, 0, last}, port);
}

TEST(PeerList, OffersEachPeerOnceWhileItIsInUse) {
  Rng rng{1};
  PeerList list{rng};
  Endpoint const peers[] = {peer(1), peer(2), peer(1)};

  EXPECT_EQ(list.add(PeerOrigin::kTracker, peers, kStart), 2u);

  std::set<Endpoint> taken{*list.take(kStart), *list.take(kStart)};
  EXPECT_EQ(taken.size(), 2u);
  EXPECT_FALSE(list.take(kStart));
}

TEST(PeerList, AFailedPeerWaitsAndAGoodOneGoesFirst) {
  Rng rng{2};
  PeerList list{rng};
  Endpoint const bad[] = {peer(1)};
  list.add(PeerOrigin::kTracker, bad, kStart);
  (void)list.take(kStart);
  list.on_closed(peer(1), CloseReason::kConnectFailed, kStart);

  EXPECT_FALSE(list.take(kStart));

  Endpoint const good[] = {peer(2)};
  TimePoint const later = kStart + std::chrono::hours{1};
  list.add(PeerOrigin::kTracker, good, later);
  EXPECT_EQ(list.take(later), peer(2));
  EXPECT_EQ(list.take(later), peer(1));
}

// Whoever accepts and hangs up at once is asked ever less often, not every few seconds.
TEST(PeerList, OnlyAConnectionThatLastedEndsTheBackOff) {
  using namespace std::chrono_literals;
  Rng rng{2};
  PeerList list{rng};
  Endpoint const brief[] = {peer(1)};
  list.add(PeerOrigin::kTracker, brief, kStart);
  TimePoint now = kStart;
  auto const connect_for = [&](Duration time, CloseReason reason) {
    ASSERT_TRUE(list.take(now));
    list.on_connected(peer(1));
    now += time;
    list.on_closed(peer(1), reason, now);
  };
  connect_for(1s, CloseReason::kPeerClosed);
  now += 5s;
  connect_for(1s, CloseReason::kDuplicate);

  EXPECT_FALSE(list.take(now + 9s));
  now += 10s;
  connect_for(2min, CloseReason::kPeerClosed);
  EXPECT_TRUE(list.take(now + 5s));
}

TEST(PeerList, ABannedAddressDoesNotComeBackFromAnotherPort) {
  Rng rng{3};
  PeerList list{rng};
  list.ban(peer(1, 1000), kStart + std::chrono::hours{1});
  Endpoint const again[] = {peer(1, 2000)};

  EXPECT_EQ(list.add(PeerOrigin::kTracker, again, kStart), 0u);
  EXPECT_EQ(list.add(PeerOrigin::kTracker, again, kStart + std::chrono::hours{2}), 1u);
}

TEST(PeerList, OnLoopbackABanIsOfOnePort) {
  Rng rng{4};
  PeerList list{rng};
  auto const local = [](std::uint16_t port) { return Endpoint::ipv4({127, 0, 0, 1}, port); };
  list.ban(local(1000), kStart + std::chrono::hours{1});

  EXPECT_TRUE(list.banned(local(1000), kStart));
  EXPECT_FALSE(list.banned(local(2000), kStart));
}

TEST(PeerList, OurOwnAddressIsNeverDialledAgain) {
  Rng rng{5};
  PeerList list{rng};
  Endpoint const own[] = {peer(1)};
  list.add(PeerOrigin::kTracker, own, kStart);
  (void)list.take(kStart);
  list.on_closed(peer(1), CloseReason::kSelf, kStart);

  EXPECT_FALSE(list.take(kStart + std::chrono::hours{24}));
  list.add(PeerOrigin::kTracker, own, kStart);
  EXPECT_FALSE(list.take(kStart + std::chrono::hours{24}));
  EXPECT_EQ(list.known_count(), 0u);
}

TEST(PeerList, IsBoundedAndMakesRoomByForgettingFailures) {
  Rng rng{6};
  PeerList list{rng};
  std::vector<Endpoint> many;
  for (std::uint32_t i = 0; i < limits::kPeerListEntries; ++i) {
    many.push_back(Endpoint::ipv4({10, static_cast<std::uint8_t>(i >> 16),
                                   static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)},
                                  1));
  }
  list.add(PeerOrigin::kTracker, many, kStart);
  Endpoint const extra[] = {peer(200)};

  EXPECT_EQ(list.add(PeerOrigin::kTracker, extra, kStart), 0u);

  auto const failed = *list.take(kStart);
  list.on_closed(failed, CloseReason::kConnectFailed, kStart);
  EXPECT_EQ(list.add(PeerOrigin::kTracker, extra, kStart), 1u);
  EXPECT_EQ(list.known_count(), limits::kPeerListEntries);
}

}  // namespace
}  // namespace btfast
