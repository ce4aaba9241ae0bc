#include "engine/swarm/request_ring.h"

#include <gtest/gtest.h>

#include <deque>

#include "engine/base/rng.h"
#include "tests/support/small_torrent.h"

namespace btfast {
namespace {

BlockRange range(std::uint32_t n) { return {PieceIndex{n}, 0, 16 * 1024}; }

TEST(RequestRing, FindsAndTakesFromAnywhereAndKeepsTheOrderOfTheRest) {
  RequestRing ring;
  for (std::uint32_t i = 0; i < 5; ++i) ring.push_back({range(i), {}, std::nullopt});

  auto const at = ring.find(range(3));
  ASSERT_TRUE(at);
  EXPECT_EQ(ring.take(*at).range, range(3));

  ASSERT_EQ(ring.size(), 4u);
  EXPECT_FALSE(ring.find(range(3)));
  std::uint32_t const left[] = {0, 1, 2, 4};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(ring[i].range, range(left[i]));
}

TEST(RequestRing, BehavesAsAQueueThroughWrapsAndGrowth) {
  Rng rng{11};
  RequestRing ring;
  std::deque<BlockRange> model;
  for (std::uint32_t step = 0; step < 20'000; ++step) {
    bool const push = model.empty() || (model.size() < 300 && rng.below(100) < 52);
    if (push) {
      ring.push_back({range(step), {}, std::nullopt});
      model.push_back(range(step));
    } else {
      auto const at = rng.one_in(4) ? rng.below(static_cast<std::uint32_t>(model.size())) : 0;
      ASSERT_EQ(ring.find(model[at]), at);
      ASSERT_EQ(ring.take(at).range, model[at]);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
    }
    ASSERT_EQ(ring.size(), model.size());
    ASSERT_EQ(ring.empty(), model.empty());
    if (!model.empty()) {
      ASSERT_EQ(ring.front().range, model.front());
    }
  }
}

TEST(RequestRing, ClearGivesEveryClaimBack) {
  test::SmallTorrent torrent{64 * kKiB, 64 * kKiB};
  auto const piece = torrent.start(0);
  RequestRing ring;
  for (auto& claim : torrent.claim(piece)) ring.push_back({claim.range(), {}, std::move(claim)});
  ASSERT_EQ(ring.size(), 4u);
  ASSERT_TRUE(torrent.claim(piece).empty());

  ring.clear();

  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(torrent.claim(piece).size(), 4u);
}

}  // namespace
}  // namespace btfast
