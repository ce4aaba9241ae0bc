// Several SuperSeeds, one of each net thread, over the same PieceOffers.
#include <gtest/gtest.h>

#include <set>

#include "engine/upload/super_seed.h"

namespace btfast {
namespace {

using std::chrono::seconds;

TimePoint const kStart{std::chrono::hours{1}};

PeerHandle handle(std::uint32_t n) { return {0, n, 0}; }

class SuperSeedsTest : public ::testing::Test {
 protected:
  static std::multiset<std::uint32_t> offered_by(SuperSeed& seed) {
    std::multiset<std::uint32_t> pieces;
    for (auto const& offer : seed.take_offers()) pieces.insert(offer.piece.value);
    return pieces;
  }
  // Its peer has all that the peer of another thread has, and says so.
  void tell(SuperSeed& seed, std::set<std::uint32_t> const& pieces) {
    for (std::uint32_t const piece : pieces) seed.on_have(handle(0), PieceIndex{piece}, now_);
  }
  void pass(Duration time) {
    now_ += time;
    first_.on_tick(now_);
    second_.on_tick(now_);
  }
  // The peer has whatever it is offered, until that is nothing.
  static std::set<std::uint32_t> fetch_all(SuperSeed& seed, TimePoint now) {
    std::set<std::uint32_t> got;
    for (bool any = true; any;) {
      any = false;
      for (auto const& offer : seed.take_offers()) {
        seed.on_asked(offer.peer, offer.piece, 9, 9, now);
        any = got.insert(offer.piece.value).second || any;
      }
    }
    return got;
  }

  Rng rng_{1};
  PieceOffers shared_{20};
  SuperSeed first_{20, 0, 2, shared_, rng_};
  SuperSeed second_{20, 1, 2, shared_, rng_};
  TimePoint now_ = kStart;
};

TEST_F(SuperSeedsTest, BeginWithDifferentPieces) {
  for (std::uint32_t peer = 0; peer < 5; ++peer) {
    first_.add_peer(handle(peer), kStart);
    second_.add_peer(handle(peer), kStart);
  }

  for (std::uint32_t const piece : offered_by(first_)) EXPECT_EQ(piece % 2, 0u);
  for (std::uint32_t const piece : offered_by(second_)) EXPECT_EQ(piece % 2, 1u);
}

// Their peers fetch all they are offered and pass it on to each other.
TEST_F(SuperSeedsTest, GiveNoPieceTwice) {
  first_.add_peer(handle(0), now_);
  second_.add_peer(handle(0), now_);
  std::multiset<std::uint32_t> given;
  for (std::size_t before = 21; before != given.size();) {
    before = given.size();
    auto offers = offered_by(first_);
    offers.merge(offered_by(second_));
    for (std::uint32_t const piece : offers) {
      first_.on_have(handle(0), PieceIndex{piece}, now_);
      second_.on_have(handle(0), PieceIndex{piece}, now_);
    }
    pass(Duration{0});
    given.merge(offers);
  }

  EXPECT_EQ(given.size(), 20u);
  for (std::uint32_t piece = 0; piece < 20; ++piece) EXPECT_EQ(given.count(piece), 1u) << piece;
}

TEST_F(SuperSeedsTest, NobodyIsIdleWhileAPeerOfTheOtherMoves) {
  second_.add_peer(handle(0), kStart);
  auto const moving = second_.take_offers();
  ASSERT_EQ(moving.size(), 2u);
  for (std::uint32_t peer = 0; peer < 9; ++peer) first_.add_peer(handle(peer), kStart);
  ASSERT_EQ(first_.take_offers().size(), 18u);
  second_.add_peer(handle(1), kStart);
  TimePoint now = kStart;
  auto const pass = [&](Duration time) {
    first_.on_tick(now += time);
    second_.on_tick(now);
    return second_.take_offers().size();
  };

  for (int i = 0; i < 3; ++i) {
    for (auto const& offer : moving) second_.on_asked(handle(0), offer.piece, 1, 9, now);
    EXPECT_EQ(pass(SuperSeed::kIdle), 0u);
  }
  EXPECT_EQ(pass(SuperSeed::kIdle), 1u);
}

TEST_F(SuperSeedsTest, WhatIsLostWithOnesPeerTheOtherGives) {
  first_.add_peer(handle(0), kStart);
  second_.add_peer(handle(0), kStart);
  auto const lost = fetch_all(first_, kStart);
  auto const kept = fetch_all(second_, kStart);
  ASSERT_FALSE(lost.empty());
  first_.remove_peer(handle(0), false, kStart);

  second_.on_tick(kStart + seconds{1});
  auto const again = fetch_all(second_, kStart + seconds{1});

  for (std::uint32_t piece = 0; piece < 20; ++piece) {
    EXPECT_NE(again.contains(piece), kept.contains(piece)) << piece;
  }
  for (std::uint32_t const piece : lost) EXPECT_TRUE(again.contains(piece)) << piece;
}

TEST_F(SuperSeedsTest, WhatTheOthersPeersHaveIsNotLostWithOnesOwn) {
  first_.add_peer(handle(0), kStart);
  auto const pieces = fetch_all(first_, kStart);
  ASSERT_EQ(pieces.size(), 20u);
  second_.add_peer(handle(0), kStart);
  tell(second_, pieces);
  second_.add_peer(handle(1), kStart);
  first_.add_peer(handle(1), kStart);

  first_.remove_peer(handle(0), false, kStart);
  pass(seconds{1});

  EXPECT_TRUE(offered_by(first_).empty());
  EXPECT_TRUE(offered_by(second_).empty());
}

TEST_F(SuperSeedsTest, ASeedThatLeftOneIsElsewhereForTheOtherToo) {
  first_.add_peer(handle(0), kStart);
  ASSERT_EQ(fetch_all(first_, kStart).size(), 20u);
  second_.add_peer(handle(0), kStart);

  first_.remove_peer(handle(0), /*seed=*/true, kStart);
  pass(SuperSeed::kIdle - seconds{1});
  EXPECT_TRUE(offered_by(second_).empty());

  pass(seconds{1});
  EXPECT_EQ(offered_by(second_).size(), 1u);
}

TEST_F(SuperSeedsTest, APeerWhoseNeighbourIsWithTheOtherIsNotAlone) {
  first_.add_peer(handle(0), kStart);
  second_.add_peer(handle(0), kStart);
  auto const offered = offered_by(first_);
  ASSERT_EQ(offered.size(), SuperSeed::kOffersOpen);

  first_.on_have(handle(0), PieceIndex{*offered.begin()}, kStart);

  EXPECT_TRUE(offered_by(first_).empty());
}

TEST_F(SuperSeedsTest, WhatTheOthersPeerHasIsProofAtTheNextTick) {
  first_.add_peer(handle(0), kStart);
  second_.add_peer(handle(0), kStart);
  auto const offered = offered_by(first_);
  for (std::uint32_t const piece : offered) first_.on_have(handle(0), PieceIndex{piece}, kStart);
  ASSERT_TRUE(offered_by(first_).empty());

  second_.on_have(handle(0), PieceIndex{*offered.begin()}, kStart);
  pass(seconds{1});

  EXPECT_EQ(offered_by(first_).size(), 1u);
}

TEST_F(SuperSeedsTest, WhoIsLeftAloneByTheOthersLastPeerIsOfferedMany) {
  first_.add_peer(handle(0), kStart);
  second_.add_peer(handle(0), kStart);
  for (std::uint32_t const piece : offered_by(first_)) {
    first_.on_have(handle(0), PieceIndex{piece}, kStart);
  }
  second_.remove_peer(handle(0), false, kStart);

  pass(seconds{1});

  EXPECT_EQ(offered_by(first_).size(), SuperSeed::kOffersAlone);
}

TEST_F(SuperSeedsTest, GiveUpOneOfferTogetherAtTheFirstSilence) {
  for (std::uint32_t peer = 0; peer < 5; ++peer) {
    first_.add_peer(handle(peer), kStart);
    second_.add_peer(handle(peer), kStart);
  }
  ASSERT_EQ(offered_by(first_).size() + offered_by(second_).size(), 20u);
  for (std::uint32_t peer = 5; peer < 10; ++peer) {
    first_.add_peer(handle(peer), kStart);
    second_.add_peer(handle(peer), kStart);
  }

  pass(SuperSeed::kIdle);
  pass(Duration{0});

  EXPECT_EQ(offered_by(first_).size() + offered_by(second_).size(), 1u);
}

TEST_F(SuperSeedsTest, WhoWasSlowWithOneIsSlowForTheOther) {
  for (std::uint32_t peer = 0; peer < 10; ++peer) first_.add_peer(handle(peer), kStart);
  ASSERT_EQ(first_.take_offers().size(), 20u);
  pass(SuperSeed::kIdle);
  for (std::uint32_t peer = 0; peer < 10; ++peer) {
    for (std::uint32_t piece = 0; piece < 20; ++piece) {
      if (first_.offered(handle(peer), PieceIndex{piece})) {
        first_.on_asked(handle(peer), PieceIndex{piece}, 1, 9, now_);
      }
    }
  }
  ASSERT_EQ(shared_.slow(), 1u);
  first_.take_offers();

  // All that the first offered is lost, and the second offers it anew.
  for (std::uint32_t peer = 0; peer < 10; ++peer) first_.remove_peer(handle(peer), false, now_);
  for (std::uint32_t peer = 0; peer < 10; ++peer) second_.add_peer(handle(peer), now_);
  pass(Duration{0});
  ASSERT_EQ(second_.take_offers().size(), 20u);
  second_.add_peer(handle(10), now_);

  pass(2 * SuperSeed::kIdle - seconds{1});
  EXPECT_EQ(second_.take_offers().size(), 0u);
  pass(seconds{1});
  EXPECT_EQ(second_.take_offers().size(), 1u);
}

}  // namespace
}  // namespace btfast
