#include "engine/download/availability_order.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "engine/base/rng.h"

namespace btfast {
namespace {

using Pieces = std::vector<std::uint32_t>;

Pieces order_of(AvailabilityOrder const& order) {
  return {order.pieces().begin(), order.pieces().end()};
}

TEST(AvailabilityOrder, KeepsTheOrderItWasFilledWith) {
  std::vector<std::uint32_t> positions(4);
  AvailabilityOrder order{positions};

  order.fill({2, 0, 3});

  EXPECT_EQ(order_of(order), (Pieces{2, 0, 3}));
  EXPECT_EQ(positions[3], 2u);
}

TEST(AvailabilityOrder, InsertedPieceStandsInItsBucket) {
  std::vector<std::uint32_t> positions(3);
  AvailabilityOrder order{positions};

  order.insert(0, 2);
  order.insert(1, 0);
  order.insert(2, 1);

  EXPECT_EQ(order_of(order), (Pieces{1, 2, 0}));
}

// Method: random inserts, removals and moves; the buckets of the order must never fall.
TEST(AvailabilityOrder, StaysSortedByBucketUnderRandomChange) {
  constexpr std::uint32_t kPieces = 30;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng{seed};
    std::vector<std::uint32_t> positions(kPieces);
    AvailabilityOrder order{positions};
    std::map<std::uint32_t, std::size_t> buckets;
    for (int step = 0; step < 500; ++step) {
      std::uint32_t const p = rng.below(kPieces);
      if (!buckets.contains(p)) {
        order.insert(p, buckets[p] = rng.below(6));
      } else if (rng.one_in(3)) {
        order.remove(p, buckets[p]);
        buckets.erase(p);
      } else if (rng.one_in(2)) {
        order.move_up(p, buckets[p]++);
      } else if (buckets[p] > 0) {
        order.move_down(p, buckets[p]--);
      }
      ASSERT_EQ(order.pieces().size(), buckets.size()) << "seed " << seed;
      std::size_t last = 0;
      for (std::uint32_t i = 0; i < order.pieces().size(); ++i) {
        std::uint32_t const piece = order.pieces()[i];
        ASSERT_TRUE(buckets.contains(piece)) << "seed " << seed;
        ASSERT_GE(buckets[piece], last) << "seed " << seed;
        ASSERT_EQ(positions[piece], i) << "seed " << seed;
        last = buckets[piece];
      }
    }
  }
}

}  // namespace
}  // namespace btfast
