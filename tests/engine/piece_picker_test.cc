#include "engine/piece_picker.h"

#include <gtest/gtest.h>

#include <set>

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

// Method: random peers come, learn and leave while pieces are retired; after each step the
// picked piece must be one that a naive count finds rarest.
TEST(PiecePicker, AgreesWithANaiveCountUnderRandomChange) {
  constexpr std::uint32_t kPieces = 70;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Rng rng{seed};
    PiecePicker picker{kPieces, Strategy::kSmart, rng};
    std::vector<Bitfield> peers;
    Bitfield wanted{kPieces, true};
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
          }
      }
      auto const count = [&](std::uint32_t p) {
        std::uint32_t n = 0;
        for (auto const& peer : peers) n += !peer.all() && peer.test(p) ? 1 : 0;
        return n;
      };
      auto const picked = picker.pick(Bitfield{kPieces, true}, anything);
      ASSERT_EQ(picked.has_value(), !wanted.none());
      if (!picked) break;
      ASSERT_TRUE(wanted.test(*picked));
      for (std::uint32_t p = 0; p < kPieces; ++p) {
        if (wanted.test(p)) {
          ASSERT_LE(count(picked->value), count(p)) << "seed " << seed;
        }
      }
    }
  }
}

}  // namespace
}  // namespace btfast
