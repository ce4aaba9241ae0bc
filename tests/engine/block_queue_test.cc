#include "engine/pieces/block_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <optional>
#include <thread>

#include "engine/base/limits.h"
#include "tests/support/rendezvous.h"
#include "tests/support/small_torrent.h"

namespace btfast {
namespace {

using test::SmallTorrent;

constexpr std::uint32_t kPiece = limits::kBlockSize;

TEST(BlockQueue, HandsOverEachPieceOnceUntilItsWorkerLeaves) {
  SmallTorrent torrent{2 * kPiece, kPiece};
  auto const piece = torrent.start(0);
  std::vector<std::size_t> woken;
  BlockQueue queue{[&](std::size_t waiting) { woken.push_back(waiting); }};
  BlockQueue::Producer producer{queue};
  std::array<AssemblyRef, 4> out;

  producer.push(piece.assembly());
  producer.push(piece.assembly());
  EXPECT_EQ(queue.waiting(), 1u);
  ASSERT_EQ(queue.drain(out), 1u);
  producer.push(piece.assembly());
  EXPECT_EQ(queue.drain(std::span{out}.subspan(1)), 0u);

  EXPECT_TRUE(out[0] == piece.assembly());
  EXPECT_EQ(woken, (std::vector<std::size_t>{1}));
  EXPECT_FALSE(piece->leave(2)) << "a push came after the worker had looked";
  EXPECT_TRUE(piece->leave(1));
  producer.push(piece.assembly());
  EXPECT_EQ(queue.drain(out), 1u);
  EXPECT_TRUE(piece->leave(1));
}

TEST(BlockQueue, DrainsNoMoreThanThereIsRoomFor) {
  SmallTorrent torrent{8 * kPiece, kPiece};
  BlockQueue queue{[](std::size_t) {}};
  BlockQueue::Producer producer{queue};
  for (std::uint32_t p = 0; p < 5; ++p) producer.push(torrent.start(p).assembly());
  std::array<AssemblyRef, 3> out;

  EXPECT_EQ(queue.drain(out), 3u);
  EXPECT_EQ(queue.waiting(), 2u);
  EXPECT_EQ(queue.drain(out), 2u);

  EXPECT_EQ(queue.waiting(), 0u);
}

TEST(BlockQueue, AQueuedPieceKeepsItsMemoryAndGivesItBackWithTheQueue) {
  SmallTorrent torrent{kPiece, kPiece};
  {
    BlockQueue queue{[](std::size_t) {}};
    BlockQueue::Producer producer{queue};
    {
      auto const piece = torrent.start(0);
      auto const& assembly = piece.assembly();
      producer.push(assembly);
    }
    EXPECT_EQ(torrent.active.active_count(), 1u);
    std::array<AssemblyRef, 1> out;
    ASSERT_EQ(queue.drain(out), 1u);
    (void)out[0]->close();
    ASSERT_TRUE(out[0]->leave(1));
    EXPECT_EQ(torrent.active.bytes_in_flight(), kPiece);
  }

  EXPECT_EQ(torrent.active.bytes_in_flight(), 0u);
}

// Method: two producers push the same piece at the same moment, again and again, while a
// worker drains: it is inside with the piece when a push comes, or about to leave.  Each
// push adds one to a plain count before; the worker takes the count down to zero.  At the
// end nothing may be left, and nobody may have been inside together.  (Checked by
// mutation: fails with a load-then-store admit(), and with a leave() that always agrees.)
TEST(BlockQueue, NoPushIsLostAndNoTwoWorkersHoldAPiece) {
  constexpr std::uint32_t kRounds = 20'000;
  SmallTorrent torrent{kPiece, kPiece};
  auto const piece = torrent.start(0);
  BlockQueue queue{[](std::size_t) {}};
  test::Rendezvous rendezvous{2};
  std::atomic<std::uint32_t> offered{0};
  std::atomic<std::uint32_t> taken{0};
  std::atomic<int> inside{0};
  std::atomic<int> together{0};
  std::atomic<bool> done{false};

  auto const produce = [&] {
    BlockQueue::Producer producer{queue};
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      rendezvous.meet(round);
      offered.fetch_add(1);
      producer.push(piece.assembly());
    }
  };
  auto const consume = [&] {
    std::array<AssemblyRef, 2> out;
    bool last = false;
    while (!last) {
      last = done.load();
      while (queue.drain(std::span{out}.first(1)) == 1) {
        together += inside.fetch_add(1) != 0 ? 1 : 0;
        std::uint32_t seen = out[0]->pending();
        for (;;) {
          taken.fetch_add(offered.exchange(0));
          inside.fetch_sub(1);
          if (out[0]->leave(seen)) break;
          together += inside.fetch_add(1) != 0 ? 1 : 0;
          seen = out[0]->pending();
        }
      }
    }
  };
  {
    std::jthread const worker{consume};
    std::jthread const other_worker{consume};
    {
      std::jthread const rival{produce};
      produce();
    }
    done = true;
  }

  EXPECT_EQ(taken, 2 * kRounds);
  EXPECT_EQ(together, 0);
  EXPECT_EQ(queue.waiting(), 0u);
}

}  // namespace
}  // namespace btfast
