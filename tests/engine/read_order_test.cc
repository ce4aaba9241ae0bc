#include "engine/content/read_order.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace btfast {
namespace {

using storage::Extent;

constexpr std::uint32_t kPiece = 16 * 1024;

PieceGeometry pieces(std::uint32_t count) {
  return *PieceGeometry::make(std::uint64_t{count} * kPiece - 1, kPiece);
}

std::vector<std::uint32_t> firsts_of(ReadOrder& order) {
  std::vector<std::uint32_t> firsts;
  while (auto const run = order.take()) {
    firsts.push_back(run->first);
    order.done(*run);
  }
  return firsts;
}

TEST(ReadOrderTest, OneDeviceIsReadInTheTorrentsOrder) {
  ReadOrder order{pieces(10), {}, 4};

  auto const first = order.take();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->first, 0u);
  EXPECT_EQ(first->end, 4u);
  EXPECT_EQ(order.take()->first, 4u);
  auto const last = order.take();
  EXPECT_EQ(last->first, 8u);
  EXPECT_EQ(last->end, 10u);
  EXPECT_FALSE(order.take());
}

TEST(ReadOrderTest, NothingIsNoTurn) {
  ReadOrder order{PieceGeometry{}, {}, 4};
  EXPECT_FALSE(order.take());
}

// Two readers, two devices: one each, however the files alternate.
TEST(ReadOrderTest, ReadersSpreadOverDevicesAndEachIsReadInOrder) {
  std::vector<Extent> const extents{{0, 4 * kPiece, 7},
                                    {4 * kPiece, 4 * kPiece, 9},
                                    {8 * kPiece, 4 * kPiece, 7},
                                    {12 * kPiece, 4 * kPiece - 1, 9}};
  ReadOrder order{pieces(16), extents, 2};
  auto a = order.take();
  auto b = order.take();
  ASSERT_TRUE(a && b);
  ASSERT_NE(a->device, b->device);

  std::vector<std::uint32_t> of_a, of_b;
  while (a && b) {
    of_a.push_back(a->first);
    of_b.push_back(b->first);
    order.done(*a);
    a = order.take();
    order.done(*b);
    b = order.take();
  }

  EXPECT_EQ(of_a, (std::vector<std::uint32_t>{0, 2, 8, 10}));
  EXPECT_EQ(of_b, (std::vector<std::uint32_t>{4, 6, 12, 14}));
}

TEST(ReadOrderTest, WhoFindsADeviceReadToItsEndHelpsWithTheOther) {
  std::vector<Extent> const extents{{0, 2 * kPiece, 1}, {2 * kPiece, 6 * kPiece - 1, 2}};
  ReadOrder order{pieces(8), extents, 2};
  EXPECT_EQ(firsts_of(order).size(), 4u);

  ReadOrder again{pieces(8), extents, 2};
  auto const held = again.take();  // all of the first device
  ASSERT_EQ(held->first, 0u);
  EXPECT_EQ(firsts_of(again), (std::vector<std::uint32_t>{2, 4, 6}));
}

// A piece on the edge counts to the device of its first byte, and to no other.
TEST(ReadOrderTest, APieceOfTwoDevicesIsReadOnce) {
  std::vector<Extent> const extents{
      {0, kPiece / 2, 1}, {kPiece / 2, 10, 2}, {kPiece / 2 + 10, 4 * kPiece, 3}};
  PieceGeometry const geometry = *PieceGeometry::make(extents.back().offset + 4 * kPiece, kPiece);
  ReadOrder order{geometry, extents, 2};

  std::vector<int> times(geometry.piece_count());
  while (auto const run = order.take()) {
    for (std::uint32_t p = run->first; p < run->end; ++p) ++times[p];
    order.done(*run);
  }

  EXPECT_EQ(times, std::vector<int>(geometry.piece_count(), 1));
}

TEST(ReadOrderTest, ThreadsTakeEachPieceOnce) {
  constexpr std::uint32_t kCount = 20'000;
  std::vector<Extent> const extents{
      {0, std::uint64_t{kCount / 4} * kPiece, 1},
      {std::uint64_t{kCount / 4} * kPiece, std::uint64_t{kCount - kCount / 4} * kPiece - 1, 2}};
  ReadOrder order{pieces(kCount), extents, 4};
  std::vector<std::atomic<int>> times(kCount);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (auto const run = order.take()) {
          for (std::uint32_t p = run->first; p < run->end; ++p) ++times[p];
          order.done(*run);
        }
      });
    }
  }
  for (auto const& count : times) ASSERT_EQ(count, 1);
}

}  // namespace
}  // namespace btfast
