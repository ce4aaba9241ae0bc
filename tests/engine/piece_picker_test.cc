#include "engine/download/piece_picker.h"

#include <gtest/gtest.h>

#include <set>
#include <span>
#include <utility>
#include <vector>

namespace btfast {
namespace {

bool anything(PieceIndex) { return true; }

Bitfield with_pieces(std::uint32_t size, std::initializer_list<std::uint32_t> pieces) {
  Bitfield field{size};
  for (auto const p : pieces) field.set(p);
  return field;
}

TEST(PiecePicker, SmartPicksTheRarestPieceThePeerHas) {
  Rng rng{1};
  PiecePicker picker{8, Strategy::kSmart, rng};
  for (std::uint32_t lacking : {3u, 3u, 3u}) {
    Bitfield most{8, true};
    most.reset(lacking);
    picker.add_peer(most);
  }

  auto const picked = picker.pick(Bitfield{8, true}, anything);

  EXPECT_EQ(picked, PieceIndex{3});
}

TEST(PiecePicker, NeverPicksWhatThePeerLacksOrWhatIsTaken) {
  Rng rng{2};
  PiecePicker picker{16, Strategy::kSmart, rng};
  Bitfield const peer = with_pieces(16, {4, 9});

  auto const only_nine = picker.pick(peer, [](PieceIndex p) { return p.value != 4; });
  auto const none = picker.pick(peer, [](PieceIndex) { return false; });

  EXPECT_EQ(only_nine, PieceIndex{9});
  EXPECT_FALSE(none);
}

TEST(PiecePicker, SequentialPicksTheFirstWantedPiece) {
  Rng rng{3};
  PiecePicker picker{200, Strategy::kSequential, rng};
  for (std::uint32_t p = 0; p < 100; ++p) picker.retire(PieceIndex{p});

  EXPECT_EQ(picker.pick(Bitfield{200, true}, anything), PieceIndex{100});
}

TEST(PiecePicker, RetiredPiecesAreNeverPicked) {
  Rng rng{4};
  PiecePicker picker{5, Strategy::kRandom, rng};
  std::set<std::uint32_t> seen;

  while (auto const piece = picker.pick(Bitfield{5, true}, anything)) {
    EXPECT_TRUE(seen.insert(piece->value).second);
    picker.retire(*piece);
  }

  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(picker.wanted_count(), 0u);
}

TEST(PiecePicker, RandomStartsAtEveryPieceAboutAsOften) {
  constexpr std::uint32_t kPieces = 10;
  constexpr int kRuns = 2000;
  std::array<int, kPieces> first{};
  for (int run = 0; run < kRuns; ++run) {
    Rng rng{static_cast<std::uint64_t>(run)};
    PiecePicker const picker{kPieces, Strategy::kRandom, rng};
    ++first[picker.pick(Bitfield{kPieces, true}, anything)->value];
  }

  // Chi-square with 9 degrees of freedom: above 33.7 once in 10,000 for a fair choice.
  double chi = 0;
  for (int const n : first) chi += (n - 200.0) * (n - 200.0) / 200.0;
  EXPECT_LT(chi, 33.7);
}

TEST(PiecePicker, APeerThatCompletesByHavesStopsCounting) {
  Rng rng{5};
  PiecePicker picker{3, Strategy::kSmart, rng};
  Bitfield peer = with_pieces(3, {0, 1});
  picker.add_peer(peer);

  peer.set(2u);
  picker.add_have(PieceIndex{2}, peer);

  for (std::uint32_t p = 0; p < 3; ++p) EXPECT_EQ(picker.availability(PieceIndex{p}), 0u) << p;
  picker.remove_peer(peer);  // a seed: nothing to take back
  for (std::uint32_t p = 0; p < 3; ++p) EXPECT_EQ(picker.availability(PieceIndex{p}), 0u) << p;
}

TEST(PiecePicker, HigherPriorityComesFirstHoweverCommonUnderEveryStrategy) {
  for (auto const strategy : {Strategy::kSmart, Strategy::kRandom, Strategy::kSequential}) {
    Rng rng{6};
    PiecePicker picker{4, strategy, rng};
    picker.add_peer(with_pieces(4, {1, 2}));
    picker.add_peer(with_pieces(4, {1}));

    picker.set_priorities({Priority::kNormal, Priority::kUrgent, Priority::kHigh, Priority::kLow});

    for (std::uint32_t const expected : {1u, 2u, 0u, 3u}) {
      EXPECT_EQ(picker.pick(Bitfield{4, true}, anything), PieceIndex{expected});
      picker.retire(PieceIndex{expected});
    }
  }
}

TEST(PiecePicker, PeerWithFewOfThePiecesIsAskedForTheMostWanted) {
  Rng rng{7};
  PiecePicker picker{1000, Strategy::kSmart, rng};
  std::vector<Priority> priorities(1000, Priority::kNormal);
  priorities[700] = Priority::kHigh;
  picker.set_priorities(priorities);

  EXPECT_EQ(picker.pick(with_pieces(1000, {3, 700, 999}), anything), PieceIndex{700});
}

// 20,000 pieces of which the others have the upper half only: the newcomer's, the lower
// half, are its own to bring, and all rarer ones than them nobody has.
TEST(PiecePicker, AmongManyPiecesOnlyThePeersOwnAreNamed) {
  constexpr std::uint32_t kPieces = 20'000;
  Rng rng{12};
  PiecePicker picker{kPieces, Strategy::kSmart, rng};
  Bitfield has{kPieces};
  for (std::uint32_t p = 0; p < kPieces / 2; ++p) has.set(p);
  for (int peers = 0; peers < 3; ++peers) picker.add_peer(has);
  Bitfield others{kPieces};
  for (std::uint32_t p = kPieces / 2; p < kPieces; ++p) others.set(p);
  picker.add_peer(others);
  std::set<std::uint32_t> seen;

  for (int picks = 0; picks < 100; ++picks) {
    auto const piece = picker.pick(has, [&](PieceIndex p) { return !seen.contains(p.value); });
    ASSERT_TRUE(piece);
    EXPECT_TRUE(has.test(*piece));
    EXPECT_TRUE(seen.insert(piece->value).second);
  }
}

// As above, and one of its pieces is free: wherever the search begins, it is found.
TEST(PiecePicker, TheLastFreePieceAmongManyIsFound) {
  constexpr std::uint32_t kPieces = 20'000;
  Rng rng{13};
  PiecePicker picker{kPieces, Strategy::kSmart, rng};
  Bitfield lower{kPieces};
  for (std::uint32_t p = 0; p < kPieces / 2; ++p) lower.set(p);
  for (int peers = 0; peers < 3; ++peers) picker.add_peer(lower);
  for (std::uint32_t last : {0u, 63u, 64u, 5'000u, kPieces / 2 - 1}) {
    auto const is_last = [last](PieceIndex p) { return p.value == last; };

    EXPECT_EQ(picker.pick(lower, is_last), PieceIndex{last});
  }
}

TEST(PiecePicker, SkippedPiecesAreNotWantedUntilTheyAreAgain) {
  Rng rng{8};
  PiecePicker picker{3, Strategy::kSmart, rng};
  picker.retire(PieceIndex{2});

  picker.set_priorities({Priority::kSkip, Priority::kNormal, Priority::kNormal});

  EXPECT_EQ(picker.wanted_count(), 1u);
  EXPECT_FALSE(picker.wanted(PieceIndex{0}));
  EXPECT_FALSE(picker.pick(with_pieces(3, {0, 2}), anything));
  picker.set_priorities({Priority::kLow, Priority::kNormal, Priority::kHigh});
  EXPECT_EQ(picker.wanted_count(), 2u);
  EXPECT_EQ(picker.pick(with_pieces(3, {0, 2}), anything), PieceIndex{0});
}

// Is what the picker names wanted, and by a naive count no wanted piece before it?
bool picks_the_best(PiecePicker const& picker, std::vector<Bitfield> const& peers,
                    Bitfield const& wanted, std::span<Priority const> priorities) {
  auto const rank = [&](std::uint32_t p) {  // smaller comes first
    auto const count = std::count_if(peers.begin(), peers.end(), [p](Bitfield const& peer) {
      return !peer.all() && peer.test(p);
    });
    return std::pair{-static_cast<int>(priorities[p]), count};
  };
  auto const is_wanted = [&](std::uint32_t p) {
    return wanted.test(p) && priorities[p] != Priority::kSkip;
  };
  auto const picked = picker.pick(Bitfield{wanted.size(), true}, anything);
  std::uint32_t left = 0;
  for (std::uint32_t p = 0; p < wanted.size(); ++p) {
    if (!is_wanted(p)) continue;
    ++left;
    if (!picked || rank(p) < rank(picked->value)) return false;
  }
  return picker.wanted_count() == left && (picked && is_wanted(picked->value)) == (left > 0);
}

// Method: random peers come, learn and leave while pieces are retired and priorities change;
// after each step the picked piece must be one of those that a naive count finds rarest
// among the most wanted.
TEST(PiecePicker, AgreesWithANaiveCountUnderRandomChange) {
  constexpr std::uint32_t kPieces = 70;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Rng rng{seed};
    PiecePicker picker{kPieces, Strategy::kSmart, rng};
    std::vector<Bitfield> peers;
    Bitfield wanted{kPieces, true};
    std::vector<Priority> priorities(kPieces, Priority::kNormal);
    for (int step = 0; step < 300; ++step) {
      switch (rng.below(4)) {
        case 0: {
          Bitfield has{kPieces};
          for (std::uint32_t p = 0; p < kPieces; ++p) {
            if (rng.one_in(2)) has.set(p);
          }
          picker.add_peer(has);
          peers.push_back(has);
          break;
        }
        case 1:
          if (!peers.empty()) {
            auto const i = rng.below(static_cast<std::uint32_t>(peers.size()));
            picker.remove_peer(peers[i]);
            peers.erase(peers.begin() + i);
          }
          break;
        case 2:
          if (!peers.empty()) {
            auto& peer = peers[rng.below(static_cast<std::uint32_t>(peers.size()))];
            std::uint32_t const p = rng.below(kPieces);
            if (!peer.test(p)) {
              peer.set(p);
              picker.add_have(PieceIndex{p}, peer);
            }
          }
          break;
        default:
          if (rng.one_in(8)) {
            std::uint32_t const p = rng.below(kPieces);
            picker.retire(PieceIndex{p});
            wanted.reset(p);
          } else if (rng.one_in(8)) {
            for (auto& priority : priorities) {
              if (rng.one_in(3)) priority = static_cast<Priority>(rng.below(kPriorityCount));
            }
            picker.set_priorities(priorities);
          }
      }
      ASSERT_TRUE(picks_the_best(picker, peers, wanted, priorities)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace btfast
