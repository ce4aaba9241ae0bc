#include "engine/upload/super_seed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace btfast {
namespace {

using std::chrono::seconds;

TimePoint const kStart{std::chrono::hours{1}};

PeerHandle handle(std::uint32_t n) { return {0, n, 0}; }

// A super-seed and what it has offered to whom.
class SuperSeedTest : public ::testing::Test {
 protected:
  void add(std::uint32_t peer) {
    seed_.add_peer(handle(peer), now_);
    collect();
  }
  void have(std::uint32_t peer, PieceIndex piece) {
    seed_.on_have(handle(peer), piece, now_);
    collect();
  }
  // It asks us for all of it.
  void fetch(std::uint32_t peer, PieceIndex piece) {
    seed_.on_asked(handle(peer), piece, 100, 100, now_);
    collect();
  }
  // All it was offered, also what it is offered next; how much that was.
  std::size_t fetch_all(std::uint32_t peer) {
    for (std::size_t i = 0; i < offers_[peer].size(); ++i) fetch(peer, offers_[peer][i]);
    return offers_[peer].size();
  }
  void remove(std::uint32_t peer, bool seed = false) {
    seed_.remove_peer(handle(peer), seed, now_);
    collect();
  }
  void pass(Duration time) {
    now_ += time;
    seed_.on_tick(now_);
    collect();
  }
  // Both fetch all they are offered and pass it on to each other.
  void exchange(std::uint32_t one, std::uint32_t other) {
    for (std::size_t before = 0; before != offers_[one].size() + offers_[other].size();) {
      before = offers_[one].size() + offers_[other].size();
      for (std::uint32_t from : {one, other}) {
        for (PieceIndex piece : std::vector<PieceIndex>(offers_[from])) {
          fetch(from, piece);
          have(one, piece);
          have(other, piece);
        }
      }
    }
  }
  void collect() {
    for (auto const& offer : seed_.take_offers()) offers_[offer.peer.slot].push_back(offer.piece);
  }

  Rng rng_{1};
  PieceOffers shared_{20};
  SuperSeed seed_{20, 0, 1, shared_, rng_};
  TimePoint now_ = kStart;
  std::map<std::uint32_t, std::vector<PieceIndex>> offers_;
};

TEST_F(SuperSeedTest, PeersAreOfferedDifferentPiecesAndFewOfThem) {
  for (std::uint32_t peer = 0; peer < 4; ++peer) add(peer);

  std::set<std::uint32_t> pieces;
  for (auto const& [peer, own] : offers_) {
    EXPECT_EQ(own.size(), SuperSeed::kOffersOpen) << peer;
    for (PieceIndex piece : own) EXPECT_TRUE(pieces.insert(piece.value).second) << piece.value;
  }
}

TEST_F(SuperSeedTest, WhoGotAPieceIsOfferedTheNextOnlyWhenSomeoneElseHasIt) {
  add(0);
  add(1);
  PieceIndex const piece = offers_[0].front();

  have(0, piece);
  EXPECT_EQ(offers_[0].size(), SuperSeed::kOffersOpen);
  have(1, piece);

  EXPECT_EQ(offers_[0].size(), SuperSeed::kOffersOpen + 1);
  EXPECT_EQ(offers_[1].size(), SuperSeed::kOffersOpen);
}

// A peer need not tell a seed that it has what the seed has.
TEST_F(SuperSeedTest, WhoAskedForAllOfAPieceCountsAsHavingItWithoutAWord) {
  add(0);
  PieceIndex const piece = offers_[0].front();

  seed_.on_asked(handle(0), piece, 16'384, 20'000, now_);
  collect();
  EXPECT_EQ(offers_[0].size(), SuperSeed::kOffersOpen);
  seed_.on_asked(handle(0), piece, 3'616, 20'000, now_);
  collect();

  EXPECT_EQ(offers_[0].size(), 1 + SuperSeed::kOffersAlone);
}

TEST_F(SuperSeedTest, AnotherPeersWordIsProofWhateverTheFirstHasSaid) {
  add(0);
  add(1);

  have(1, offers_[0].front());

  EXPECT_EQ(offers_[0].size(), SuperSeed::kOffersOpen + 1);
}

TEST_F(SuperSeedTest, AlonePeerGetsEverythingInTurn) {
  add(0);

  for (std::size_t i = 0; i < 20; ++i) {
    ASSERT_GT(offers_[0].size(), i);
    have(0, offers_[0][i]);
  }

  EXPECT_EQ(offers_[0].size(), 20u);
}

TEST_F(SuperSeedTest, AlonePeerIsOfferedManyAtATimeOnceItFetches) {
  add(0);
  EXPECT_EQ(offers_[0].size(), SuperSeed::kOffersOpen);

  have(0, offers_[0].front());

  EXPECT_EQ(offers_[0].size(), 1 + SuperSeed::kOffersAlone);
}

TEST_F(SuperSeedTest, APieceThatSomeoneBroughtAlongIsOfferedToNobody) {
  Bitfield most{20, true};
  most.reset(7);
  add(0);
  seed_.on_bitfield(handle(0), most, now_);
  collect();
  offers_.clear();

  add(1);

  EXPECT_LE(offers_[1].size(), 1u);
  EXPECT_TRUE(offers_[1].empty() || offers_[1].front() == PieceIndex{7});
}

TEST_F(SuperSeedTest, WhatALostPeerWasToHaveGoesToAnother) {
  add(0);
  auto const lost = offers_[0];
  add(1);

  remove(0);
  for (int i = 0; i < 20; ++i) {
    if (static_cast<std::size_t>(i) < offers_[1].size()) {
      have(1, offers_[1][static_cast<std::size_t>(i)]);
    }
  }

  for (PieceIndex piece : lost) {
    EXPECT_NE(std::find(offers_[1].begin(), offers_[1].end(), piece), offers_[1].end());
  }
}

TEST_F(SuperSeedTest, WhatASeedTookAlongIsOfferedOnlyWhenThoseLeftGetNothing) {
  add(0);
  add(1);
  exchange(0, 1);
  add(2);
  ASSERT_TRUE(offers_[2].empty());
  remove(0, /*seed=*/true);
  remove(1, /*seed=*/true);

  for (std::uint32_t piece = 0; piece < 5; ++piece) {
    pass(SuperSeed::kIdle - seconds{1});
    have(2, PieceIndex{piece});
  }
  EXPECT_TRUE(offers_[2].empty());

  pass(SuperSeed::kIdle);
  EXPECT_EQ(offers_[2].size(), 1u);
}

// It closed the connection first, and need not tell a seed what it has.
TEST_F(SuperSeedTest, WhoFetchedAllAndLeavesIsASeedElsewhereWithoutAWord) {
  add(0);
  for (std::size_t i = 0; i < 20; ++i) {
    ASSERT_GT(offers_[0].size(), i);
    seed_.on_asked(handle(0), offers_[0][i], 9, 9, now_);
    collect();
  }
  add(1);

  remove(0, /*seed=*/false);
  pass(SuperSeed::kIdle - seconds{1});

  EXPECT_TRUE(offers_[1].empty());
}

// It asked us for a piece and got nothing from anywhere else, again and again.
TEST_F(SuperSeedTest, ASeedElsewhereIsGoneWhenNothingButOursComes) {
  add(0);
  exchange(0, 0);
  add(1);
  ASSERT_TRUE(offers_[1].empty());
  remove(0, /*seed=*/true);

  for (int i = 0; i < 4; ++i) {
    pass(SuperSeed::kIdle);
    fetch_all(1);
  }

  EXPECT_EQ(offers_[1].size(), 20u);
}

TEST_F(SuperSeedTest, WhoGetsAnythingElsewhereIsGivenLittle) {
  add(0);
  exchange(0, 0);
  add(1);
  remove(0, /*seed=*/true);

  // It is slow: each of its pieces comes when we have lost patience.
  std::uint32_t theirs = 0;
  for (int i = 0; i < 8; ++i) {
    pass(SuperSeed::kIdle);
    fetch_all(1);
    while (seed_.offered(handle(1), PieceIndex{theirs})) ++theirs;
    have(1, PieceIndex{theirs++});
  }

  EXPECT_LE(offers_[1].size(), 8u);
}

// Seven leeches on two cores: one of them is not run for a while, and the others are.
TEST_F(SuperSeedTest, WhileAnyPeerMovesASlowOneIsNotIdle) {
  for (std::uint32_t peer = 0; peer < 3; ++peer) add(peer);
  auto const kept = offers_[0];

  for (int i = 0; i < 3; ++i) {
    pass(SuperSeed::kIdle - seconds{1});
    have(1, offers_[1][static_cast<std::size_t>(i)]);
    have(2, offers_[1][static_cast<std::size_t>(i)]);
  }

  for (std::uint32_t other : {1u, 2u}) {
    for (PieceIndex const piece : kept) {
      EXPECT_EQ(std::count(offers_[other].begin(), offers_[other].end(), piece), 0);
    }
  }
}

TEST_F(SuperSeedTest, WhoWasOfferedNothingIsNotBelievedToBeASeed) {
  add(0);
  for (std::size_t i = 0; i < 18; ++i) have(0, offers_[0][i]);
  ASSERT_EQ(offers_[0].size(), 20u);
  add(1);
  seed_.on_bitfield(handle(1), Bitfield{20, true}, now_);
  ASSERT_TRUE(offers_[1].empty());

  remove(1, /*seed=*/true);
  remove(0);
  add(2);

  EXPECT_FALSE(offers_[2].empty());
}

TEST_F(SuperSeedTest, WhoPassesNothingOnWaitsForIt) {
  add(0);
  add(1);
  for (PieceIndex piece : std::vector<PieceIndex>(offers_[0])) fetch(0, piece);

  pass(SuperSeed::kIdle - seconds{1});
  EXPECT_EQ(offers_[0].size(), SuperSeed::kOffersOpen);
  pass(seconds{1});

  EXPECT_GT(offers_[0].size(), SuperSeed::kOffersOpen);
}

// Two that cannot reach each other.
TEST_F(SuperSeedTest, OfWhosePiecesNoneIsSeenElsewhereIsOfferedTheNextAtOnce) {
  add(0);
  add(1);
  for (int i = 0; i < 2; ++i) {
    fetch_all(0);
    fetch_all(1);
    EXPECT_EQ(offers_[0].size() + offers_[1].size(), 4u * static_cast<std::size_t>(i + 1));
    pass(SuperSeed::kIdle);
  }

  for (std::size_t before = 0; before != offers_[0].size() + offers_[1].size();) {
    before = offers_[0].size() + offers_[1].size();
    fetch_all(0);
    fetch_all(1);
  }

  // Each is offered other pieces.
  EXPECT_EQ(offers_[0].size() + offers_[1].size(), 20u);
  EXPECT_GE(offers_[1].size(), 6u);
}

TEST_F(SuperSeedTest, AProofThatComesLateMakesItWaitAgainAndForTwiceAsLong) {
  add(0);
  add(1);
  auto const pass_while_the_other_moves = [&] {
    pass(SuperSeed::kIdle - seconds{1});
    seed_.on_asked(handle(1), offers_[1].front(), 10, 100, now_);
  };
  for (int i = 0; i < 2; ++i) {
    for (PieceIndex piece : std::vector<PieceIndex>(offers_[0])) fetch(0, piece);
    pass_while_the_other_moves();
    pass(seconds{1});
  }
  have(1, offers_[0].front());
  pass(Duration{0});
  std::size_t const before = offers_[0].size();
  for (PieceIndex piece : std::vector<PieceIndex>(offers_[0])) fetch(0, piece);
  ASSERT_EQ(offers_[0].size(), before);

  pass_while_the_other_moves();
  pass_while_the_other_moves();
  pass(seconds{1});
  EXPECT_EQ(offers_[0].size(), before);
  pass(seconds{1});
  EXPECT_GT(offers_[0].size(), before);
}

// It says that it has nothing, or all but little, and asks for nothing.
TEST_F(SuperSeedTest, WhoFetchesNothingIsNobodyThatAProofComesFrom) {
  add(0);
  add(1);
  fetch_all(1);
  ASSERT_EQ(offers_[1].size(), SuperSeed::kOffersOpen);

  pass(SuperSeed::kIdle);

  EXPECT_EQ(fetch_all(1), 20u - 1);
  pass(SuperSeed::kIdle);
  EXPECT_EQ(fetch_all(1), 20u);
}

TEST_F(SuperSeedTest, WhoAsksInCrumbsFetchesNothing) {
  add(0);
  add(1);
  fetch_all(1);
  auto const crumb = [&] {
    pass(SuperSeed::kIdle / 2);
    for (PieceIndex const piece : offers_[0]) {
      seed_.on_asked(handle(0), piece, 1, 16'384, now_);
    }
    collect();
  };

  for (int i = 0; i < 6; ++i) {
    crumb();
    fetch_all(1);
  }

  EXPECT_EQ(offers_[1].size(), 20u);
}

// It asks for more than crumbs, and for no end of it.
TEST_F(SuperSeedTest, WhomOthersOvertakeByFarHoldsNothingUp) {
  PieceOffers shared{300};
  SuperSeed seed{300, 0, 1, shared, rng_};
  std::vector<PieceIndex> slow;
  std::set<std::uint32_t> fast;
  auto const go_on = [&] {
    for (auto offers = seed.take_offers(); !offers.empty(); offers = seed.take_offers()) {
      for (auto const& offer : offers) {
        if (offer.peer == handle(0)) {
          slow.push_back(offer.piece);
        } else {
          fast.insert(offer.piece.value);
          seed.on_asked(handle(1), offer.piece, 1, 1, now_);
        }
      }
    }
  };
  seed.add_peer(handle(0), now_);
  seed.add_peer(handle(1), now_);

  for (int i = 0; i < 20; ++i) {
    go_on();
    for (PieceIndex const piece : slow) seed.on_asked(handle(0), piece, 1, 100, now_);
    seed.on_tick(now_ += seconds{1});
  }

  EXPECT_EQ(fast.size(), 300u);
}

TEST_F(SuperSeedTest, OnceAllIsSomewhereOnlyAPeerThatGetsNothingIsOfferedMore) {
  add(0);
  seed_.on_bitfield(handle(0), Bitfield{20, true}, now_);
  add(1);
  collect();
  std::size_t const before = offers_[1].size();
  // It gets something now and then.
  for (std::uint32_t piece = 0; piece < 3; ++piece) {
    pass(SuperSeed::kIdle - seconds{1});
    have(1, PieceIndex{piece});
  }
  pass(4 * (SuperSeed::kIdle - seconds{1}) - seconds{1});
  EXPECT_EQ(offers_[1].size(), before);

  pass(seconds{1});
  EXPECT_EQ(offers_[1].size(), before + 1);
}

TEST_F(SuperSeedTest, WhoGetsPiecesSlowlyIsGivenTimeForMore) {
  add(0);
  seed_.on_bitfield(handle(0), Bitfield{20, true}, now_);
  add(1);
  now_ += SuperSeed::kPatience / 3;
  have(1, PieceIndex{0});

  pass(SuperSeed::kPatience / 2);
  EXPECT_TRUE(offers_[1].empty());
  pass(SuperSeed::kPatience / 2);

  EXPECT_EQ(offers_[1].size(), 1u);
}

// One says that it has nearly all, and gives nobody anything.
TEST_F(SuperSeedTest, WhoIsGivenNothingByThoseWhoHaveAllIsServedAsAnySeedServes) {
  Bitfield most{20, true};
  most.reset(7);
  add(0);
  seed_.on_bitfield(handle(0), most, now_);
  collect();
  add(1);

  for (int i = 0; i < 4; ++i) {
    pass(SuperSeed::kIdle);
    fetch_all(1);
  }
  for (int i = 0; i < 4; ++i) {
    pass(std::chrono::milliseconds{100});
    fetch_all(1);
  }

  EXPECT_GE(offers_[1].size(), 19u);
}

// What each is tried with comes to the other, and shows of none that it gets anything elsewhere.
TEST_F(SuperSeedTest, TwoWhoAreGivenNothingByThoseWhoHaveAllAreServedToo) {
  add(0);
  seed_.on_bitfield(handle(0), Bitfield{20, true}, now_);
  collect();
  add(1);
  add(2);

  for (int i = 0; i < 3; ++i) {
    pass(SuperSeed::kIdle);
    exchange(1, 2);
  }
  for (int i = 0; i < 4; ++i) {
    pass(std::chrono::milliseconds{100});
    exchange(1, 2);
  }

  EXPECT_EQ(offers_[1].size() + offers_[2].size(), 20u);
}

TEST_F(SuperSeedTest, WhoDoesNotFetchWhatItIsTriedWithIsOfferedLittle) {
  add(0);
  seed_.on_bitfield(handle(0), Bitfield{20, true}, now_);
  add(1);

  for (int i = 0; i < 60; ++i) pass(seconds{1});

  EXPECT_LE(offers_[1].size(), 3u);
}

// It need fetch nothing of us to say so.
TEST_F(SuperSeedTest, WhoFetchedNothingAndSaysThatItHasAllIsNoSeedElsewhere) {
  for (std::uint32_t i = 1; i <= 5; ++i) {
    add(i);
    seed_.on_bitfield(handle(i), Bitfield{20, true}, now_);
    collect();
    remove(i, /*seed=*/true);
  }

  add(0);

  EXPECT_EQ(fetch_all(0), 20u);
}

// Another said for a while that it had all.
TEST_F(SuperSeedTest, WhatItWasToldOfMayBeAskedForWhoeverHadItSince) {
  add(0);
  add(1);
  auto const told = offers_[0];
  seed_.on_bitfield(handle(1), Bitfield{20, true}, now_);
  collect();
  remove(1);

  for (PieceIndex const piece : told) fetch(0, piece);

  EXPECT_EQ(fetch_all(0), 20u);
  for (PieceIndex const piece : told) {
    EXPECT_EQ(std::count(offers_[0].begin(), offers_[0].end(), piece), 1);
  }
}

TEST_F(SuperSeedTest, WhatAnIdlePeerDoesNotFetchIsOfferedToAnother) {
  for (std::uint32_t peer = 0; peer < 3; ++peer) add(peer);
  auto const kept = offers_[0];
  seed_.on_asked(handle(0), kept[0], 10, 100, now_);
  auto const others_were_offered = [&](PieceIndex piece) {
    exchange(1, 2);
    return std::count(offers_[1].begin(), offers_[1].end(), piece) +
           std::count(offers_[2].begin(), offers_[2].end(), piece);
  };
  EXPECT_EQ(others_were_offered(kept[1]), 0);

  pass(SuperSeed::kIdle);
  EXPECT_EQ(others_were_offered(kept[0]), 0);
  EXPECT_EQ(others_were_offered(kept[1]), 1);
  EXPECT_EQ(offers_[0], kept);  // it still has two to fetch

  pass(SuperSeed::kPatience - SuperSeed::kIdle);
  EXPECT_EQ(others_were_offered(kept[0]), 1);
}

// A machine that runs nobody for a while looks like this.
TEST_F(SuperSeedTest, OneOfferIsGivenUpAtTheFirstSilenceAndTwiceAsManyAtEachFurther) {
  std::uint32_t peers = 0;
  auto const offered_with_room_for_more = [&] {
    for (int i = 0; i < 10; ++i) add(peers++);
    std::size_t all = 0;
    for (auto const& [peer, own] : offers_) all += own.size();
    return all;
  };
  ASSERT_EQ(offered_with_room_for_more(), 20u);

  pass(SuperSeed::kIdle);
  EXPECT_EQ(offered_with_room_for_more(), 20u + 1);
  pass(SuperSeed::kIdle);
  EXPECT_EQ(offered_with_room_for_more(), 20u + 1 + 2);
  pass(SuperSeed::kIdle);
  EXPECT_EQ(offered_with_room_for_more(), 20u + 1 + 2 + 4);
}

TEST_F(SuperSeedTest, WhoAsksForWhatWasGivenUpWasSlowAndSilenceLastsTwiceAsLong) {
  for (std::uint32_t peer = 0; peer < 10; ++peer) add(peer);
  pass(SuperSeed::kIdle);
  add(10);
  ASSERT_EQ(offers_[10].size(), 1u);
  PieceIndex const given_up = offers_[10].front();
  for (std::uint32_t peer = 0; peer < 10; ++peer) {
    if (seed_.offered(handle(peer), given_up)) seed_.on_asked(handle(peer), given_up, 1, 9, now_);
  }

  pass(SuperSeed::kIdle);
  pass(SuperSeed::kIdle - seconds{1});
  EXPECT_EQ(offers_[10].size(), 1u);
  pass(seconds{1});
  EXPECT_EQ(offers_[10].size(), 2u);
}

TEST_F(SuperSeedTest, OnlyWhatWasOfferedMayBeAskedFor) {
  add(0);
  PieceIndex const piece = offers_[0].front();

  EXPECT_TRUE(seed_.offered(handle(0), piece));
  EXPECT_FALSE(seed_.offered(handle(1), piece));
  EXPECT_FALSE(seed_.offered(handle(0), PieceIndex{20}));
}

}  // namespace
}  // namespace btfast
