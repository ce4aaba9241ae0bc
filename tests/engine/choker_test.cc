#include "engine/upload/choker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace btfast {
namespace {

using std::chrono::seconds;

TimePoint const kStart{std::chrono::hours{1}};

PeerHandle handle(std::uint32_t n) { return {0, n, 0}; }

ChokePeer interested(std::uint32_t n, std::uint64_t bytes_down = 0) {
  return {.peer = handle(n),
          .interested = true,
          .bytes_down = bytes_down,
          .unchoked_since = kStart,
          .connected_at = kStart - seconds{600}};
}

bool chosen(ChokeDecision const& decision, std::uint32_t n) {
  return std::find(decision.unchoked.begin(), decision.unchoked.end(), handle(n)) !=
         decision.unchoked.end();
}

TEST(Choker, LeechingUnchokesTheBestReciprocatingPeersAndOneMore) {
  Choker choker;
  ChokePeer const peers[] = {interested(0, 100), interested(1, 900), interested(2, 500),
                             interested(3, 300), interested(4, 700)};

  auto const decision = choker.decide(peers, 4, false, kStart);

  EXPECT_EQ(decision.unchoked.size(), 4u);
  EXPECT_TRUE(chosen(decision, 1) && chosen(decision, 4) && chosen(decision, 2));
  ASSERT_TRUE(decision.optimistic);
  EXPECT_TRUE(*decision.optimistic == handle(0) || *decision.optimistic == handle(3));
}

TEST(Choker, ASnubbingPeerKeepsNoRegularSlot) {
  Choker choker;
  ChokePeer fast = interested(0, 900);
  fast.snubs_us = true;
  ChokePeer const peers[] = {fast, interested(1, 1)};

  auto const decision = choker.decide(peers, 2, false, kStart);

  EXPECT_TRUE(chosen(decision, 1));
  EXPECT_EQ(decision.optimistic, handle(0));
}

TEST(Choker, PeersThatWantNothingGetNothing) {
  Choker choker;
  ChokePeer idle = interested(0, 1000);
  idle.interested = false;
  ChokePeer const peers[] = {idle};

  EXPECT_TRUE(choker.decide(peers, 4, false, kStart).unchoked.empty());
  EXPECT_TRUE(choker.decide(peers, 4, true, kStart).unchoked.empty());
}

TEST(Choker, TheOptimisticSlotStaysThirtySecondsAndThenRotates) {
  Choker choker;
  std::vector<ChokePeer> peers{interested(0, 900), interested(1, 800)};
  for (std::uint32_t n = 2; n < 10; ++n) peers.push_back(interested(n));

  auto const first = choker.decide(peers, 3, false, kStart).optimistic;
  auto const soon = choker.decide(peers, 3, false, kStart + seconds{20}).optimistic;
  auto const later = choker.decide(peers, 3, false, kStart + seconds{30}).optimistic;

  EXPECT_EQ(first, soon);
  EXPECT_NE(first, later);
}

// Eight leeches with different rates over ten minutes of decisions: the three fastest hold
// their slots, and every other one has been the optimistic one.
TEST(Choker, TheFastestHoldTheirSlotsAndEveryoneIsTriedInTime) {
  Choker choker;
  std::map<std::uint32_t, int> rounds_unchoked;
  constexpr int kRounds = 60;
  std::vector<ChokePeer> peers;
  for (std::uint32_t n = 0; n < 8; ++n) peers.push_back(interested(n, (n + 1) * 1000));

  for (int round = 0; round < kRounds; ++round) {
    TimePoint const now = kStart + round * Choker::kInterval;
    auto const decision = choker.decide(peers, 4, false, now);
    for (auto& peer : peers) {
      bool const serve = chosen(decision, peer.peer.slot);
      if (serve != peer.unchoked) peer.unchoked_since = now;
      peer.unchoked = serve;
      rounds_unchoked[peer.peer.slot] += serve ? 1 : 0;
    }
  }

  for (std::uint32_t n : {5u, 6u, 7u}) EXPECT_GT(rounds_unchoked[n], kRounds * 8 / 10) << n;
  for (std::uint32_t n = 0; n < 5; ++n) EXPECT_GT(rounds_unchoked[n], 0) << n;
}

TEST(Choker, SeedingGivesEveryPeerItsTurnAlike) {
  Choker choker;
  constexpr int kRounds = 120;
  std::map<std::uint32_t, int> rounds_unchoked;
  std::vector<ChokePeer> peers;
  for (std::uint32_t n = 0; n < 6; ++n) peers.push_back(interested(n));

  for (int round = 0; round < kRounds; ++round) {
    TimePoint const now = kStart + round * Choker::kInterval;
    auto const decision = choker.decide(peers, 2, true, now);
    EXPECT_EQ(decision.unchoked.size(), 2u);
    for (auto& peer : peers) {
      bool const serve = chosen(decision, peer.peer.slot);
      if (serve != peer.unchoked) peer.unchoked_since = now;
      peer.unchoked = serve;
      rounds_unchoked[peer.peer.slot] += serve ? 1 : 0;
    }
  }

  for (auto const& [n, rounds] : rounds_unchoked) EXPECT_NEAR(rounds, kRounds * 2 / 6, 8) << n;
}

TEST(Choker, ASeedsPeerThatHadItsShareMakesRoomForOneThatWaits) {
  Choker choker;
  ChokePeer holder = interested(0);
  holder.unchoked = true;
  holder.bytes_up_unchoked = Choker::kShareBytes;
  ChokePeer const peers[] = {holder, interested(1)};

  // Not at once: to change costs both a round trip.
  EXPECT_TRUE(chosen(choker.decide(peers, 1, true, kStart + seconds{1}), 0));
  EXPECT_TRUE(chosen(choker.decide(peers, 1, true, kStart + Choker::kInterval), 1));
}

TEST(SlotCount, GrowsWhileMoreSlotsBringMoreAndShrinksWhenTheRateFalls) {
  SlotCount count;
  std::uint64_t rate = 1000;
  for (int i = 0; i < 5; ++i) count.on_interval(rate += rate / 5, count.slots(), 100);
  std::size_t const grown = count.slots();
  EXPECT_EQ(grown, SlotCount::kStart + 5);

  for (int i = 0; i < 3; ++i) count.on_interval(rate, count.slots(), 100);
  EXPECT_EQ(count.slots(), grown);

  count.on_interval(rate / 2, count.slots(), 100);
  EXPECT_EQ(count.slots(), grown - 1);
}

}  // namespace
}  // namespace btfast
