#include "engine/peers/smart_ban.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/rng.h"

namespace btfast {
namespace {

using Blocks = std::vector<SmartBan::Block>;
using Peers = std::vector<net::Endpoint>;

constexpr PieceIndex kPiece{7};

net::Endpoint peer(std::uint32_t n) {
  return net::Endpoint::ipv4(
      {10, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}, 6881);
}

// What block `block` is when it is right; `lie` != 0: when it is not.
Sha1Digest content(std::uint32_t block, std::uint32_t lie = 0) {
  Sha1Digest digest{};
  digest[0] = std::byte{static_cast<std::uint8_t>(block)};
  digest[1] = std::byte{static_cast<std::uint8_t>(lie)};
  return digest;
}

// A piece of as many blocks as senders are given.
Blocks good(std::vector<std::uint32_t> const& senders) {
  Blocks blocks;
  for (std::uint32_t i = 0; i < senders.size(); ++i) {
    blocks.push_back({peer(senders[i]), content(i)});
  }
  return blocks;
}

TEST(SmartBan, WhoSentABadPieceAloneIsTheLiar) {
  SmartBan bans;
  Blocks blocks = good({1, 1, 1});
  blocks[2].digest = content(2, 1);

  auto const verdict = bans.on_failed(kPiece, blocks);

  EXPECT_EQ(verdict.liars, (Peers{peer(1)}));
  EXPECT_TRUE(verdict.suspects.empty());
  EXPECT_EQ(bans.evidence_blocks(), 0u);
}

TEST(SmartBan, WithABlockOfUnknownOriginNobodyIsProvenAlone) {
  SmartBan bans;
  Blocks blocks = good({1, 1, 1});
  blocks[1].from = {};

  auto const verdict = bans.on_failed(kPiece, blocks);

  EXPECT_TRUE(verdict.liars.empty());
  EXPECT_EQ(verdict.suspects, (Peers{peer(1)}));
}

TEST(SmartBan, AmongSeveralTheLiarIsFoundWhenThePieceIsRight) {
  SmartBan bans;
  Blocks blocks = good({1, 2, 3});
  blocks[1].digest = content(1, 1);

  auto const failed = bans.on_failed(kPiece, blocks);
  auto const passed = bans.on_passed(kPiece, good({4, 4, 4}));

  EXPECT_TRUE(failed.liars.empty());
  EXPECT_EQ(failed.suspects, (Peers{peer(1), peer(2), peer(3)}));
  EXPECT_EQ(passed.liars, (Peers{peer(2)}));
  EXPECT_EQ(passed.cleared, (Peers{peer(1), peer(3)}));
  EXPECT_FALSE(bans.suspected(peer(1)));
  EXPECT_EQ(bans.evidence_blocks(), 0u);
}

TEST(SmartBan, ALiarWhoSendsTheRightBlockTheNextTimeIsFoundAllTheSame) {
  SmartBan bans;
  Blocks blocks = good({1, 2, 1});
  blocks[1].digest = content(1, 1);
  (void)bans.on_failed(kPiece, blocks);

  auto const passed = bans.on_passed(kPiece, good({2, 2, 2}));

  EXPECT_EQ(passed.liars, (Peers{peer(2)}));
  EXPECT_EQ(passed.cleared, (Peers{peer(1)}));
}

TEST(SmartBan, EveryFailureOfAPieceIsRemembered) {
  SmartBan bans;
  Blocks first = good({1, 2, 3});
  first[0].digest = content(0, 1);
  Blocks second = good({2, 3, 4});
  second[2].digest = content(2, 1);
  (void)bans.on_failed(kPiece, first);
  (void)bans.on_failed(kPiece, second);

  auto const passed = bans.on_passed(kPiece, good({3, 3, 3}));

  EXPECT_EQ(passed.liars, (Peers{peer(1), peer(4)}));
}

TEST(SmartBan, AWholeRightPieceClearsItsSender) {
  SmartBan bans;
  (void)bans.on_failed(kPiece, good({1, 2}));

  auto const verdict = bans.vouch_for(peer(1));

  EXPECT_EQ(verdict.cleared, (Peers{peer(1)}));
  EXPECT_FALSE(bans.suspected(peer(1)));
  EXPECT_TRUE(bans.suspected(peer(2)));
}

TEST(SmartBan, ASuspectOfTwoPiecesIsClearedWithTheSecond) {
  SmartBan bans;
  Blocks bad = good({1, 2});
  bad[1].digest = content(1, 1);
  (void)bans.on_failed(PieceIndex{1}, bad);
  (void)bans.on_failed(PieceIndex{2}, good({1, 3}));

  auto const first = bans.on_passed(PieceIndex{1}, good({4, 5}));
  auto const second = bans.on_passed(PieceIndex{2}, good({4, 5}));

  EXPECT_TRUE(first.cleared.empty());
  EXPECT_EQ(second.cleared, (Peers{peer(1), peer(3)}));
}

TEST(SmartBan, TheOldestEvidenceMakesRoomAndItsSendersAreFree) {
  SmartBan bans;
  Blocks const large(limits::kBanEvidenceBlocks / 4, {peer(9), {}});
  (void)bans.on_failed(PieceIndex{0}, good({1, 2}));
  Peers cleared;

  for (std::uint32_t p = 1; p <= 5; ++p) {
    Blocks blocks = large;
    blocks[0].from = peer(10 + p);
    auto const verdict = bans.on_failed(PieceIndex{p}, blocks);
    cleared.insert(cleared.end(), verdict.cleared.begin(), verdict.cleared.end());
    EXPECT_LE(bans.evidence_blocks(), limits::kBanEvidenceBlocks);
  }

  EXPECT_EQ(cleared, (Peers{peer(1), peer(2), peer(11)}));
  EXPECT_TRUE(bans.suspected(peer(9)));
}

// One swarm: honest peers, and liars who send a bad block now and then and the right one
// for the same place the next time.  Pieces are fetched by a few peers each until right.
struct RandomSwarm {
  explicit RandomSwarm(std::uint64_t seed) : rng(seed) {
    honest = 1 + rng.below(9);
    liars = 1 + rng.below(9);
    lie_one_in = 1 + rng.below(20);
  }

  bool is_liar(net::Endpoint const& who) const {
    for (std::uint32_t n = 0; n < liars; ++n) {
      if (who == peer(honest + n)) return true;
    }
    return false;
  }

  // False: the piece was wrong.
  bool fetch(SmartBan& bans, PieceIndex piece) {
    std::uint32_t const fetchers = 1 + rng.below(4);
    std::vector<std::uint32_t> chosen;
    while (chosen.size() < fetchers) chosen.push_back(pick());
    Blocks blocks;
    bool right = true;
    for (std::uint32_t i = 0; i < 8; ++i) {
      std::uint32_t const from = chosen[rng.below(fetchers)];
      bool const lies = from >= honest && rng.one_in(lie_one_in);
      blocks.push_back({peer(from), content(i, lies ? 1 + rng.below(3) : 0)});
      right = right && !lies;
      if (lies) lied.insert(peer(from));
    }
    auto const verdict = right ? bans.on_passed(piece, blocks) : bans.on_failed(piece, blocks);
    banned.insert(verdict.liars.begin(), verdict.liars.end());
    return right;
  }

  // Anyone who is not banned.
  std::uint32_t pick() {
    for (;;) {
      std::uint32_t const n = rng.below(honest + liars);
      if (!banned.contains(peer(n))) return n;
    }
  }

  Rng rng;
  std::uint32_t honest = 0;
  std::uint32_t liars = 0;
  std::uint32_t lie_one_in = 1;
  std::set<net::Endpoint> lied;
  std::set<net::Endpoint> banned;
};

TEST(SmartBan, InTenThousandSwarmsExactlyThoseWhoLiedAreBanned) {
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    RandomSwarm swarm{seed};
    SmartBan bans;

    for (std::uint32_t p = 0; p < 12; ++p) {
      while (!swarm.fetch(bans, PieceIndex{p})) {
      }
    }

    ASSERT_EQ(swarm.banned, swarm.lied) << "seed " << seed;
    for (auto const& who : swarm.banned) ASSERT_TRUE(swarm.is_liar(who)) << "seed " << seed;
    ASSERT_EQ(bans.evidence_blocks(), 0u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace btfast
