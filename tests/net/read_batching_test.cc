#include "net/read_batching.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace btfast::net {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kOwed = 64;  // blocks: a mebibyte

// Turns of `bytes` every millisecond, with so many blocks still owed.
struct Turns {
  ReadBatching batching;
  TimePoint now{1h};

  void run(int turns, std::size_t bytes, std::size_t owed) {
    for (int i = 0; i < turns; ++i) batching.note_turn(bytes, owed, now += 1ms);
  }
};

TEST(ReadBatching, AFastPeerIsReadInLargeParts) {
  Turns turns;

  turns.run(10, 256 * kKiB, kOwed);

  EXPECT_EQ(turns.batching.low_water(), ReadBatching::kLowWater);
}

TEST(ReadBatching, ASlowPeerIsReadAtOnce) {
  Turns turns;

  turns.run(100, 16 * kKiB, kOwed);

  EXPECT_EQ(turns.batching.low_water(), 1u);
}

TEST(ReadBatching, ThePeerAlwaysOwesMuchMoreThanIsWaitedFor) {
  for (std::size_t owed = 0; owed <= kOwed; ++owed) {
    Turns turns;

    turns.run(10, 256 * kKiB, owed);

    EXPECT_LE(2 * turns.batching.low_water(), owed * limits::kBlockSize + 2) << owed;
  }
}

TEST(ReadBatching, AFastPeerThatBecomesSlowIsReadAtOnceAgain) {
  Turns turns;
  turns.run(10, 256 * kKiB, kOwed);

  turns.run(3, 16 * kKiB, kOwed);

  EXPECT_EQ(turns.batching.low_water(), 1u);
}

TEST(ReadBatching, PatienceCountsFromTheLastTurn) {
  Turns turns;
  turns.run(10, 256 * kKiB, kOwed);

  Duration const left = turns.batching.time_left(turns.now + 4ms);

  EXPECT_EQ(left, ReadBatching::kPatience - 4ms);
}

TEST(ReadBatching, AfterGivingUpTheRateIsMeasuredAnew) {
  Turns turns;
  turns.run(10, 256 * kKiB, kOwed);

  turns.batching.give_up();

  EXPECT_EQ(turns.batching.low_water(), 1u);
  turns.run(10, 256 * kKiB, kOwed);
  EXPECT_EQ(turns.batching.low_water(), ReadBatching::kLowWater);
}

}  // namespace
}  // namespace btfast::net
