#include "engine/swarm/block_pace.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

using std::chrono::milliseconds;

TimePoint at(int ms) { return TimePoint{std::chrono::hours{1} + milliseconds{ms}}; }

TEST(BlockPace, OfAPeerThatNeverSentAnyIsUnknown) {
  BlockPace const pace;

  EXPECT_FALSE(pace.known());
}

TEST(BlockPace, IsWhatArrivesWhileItOwes) {
  BlockPace pace;
  for (int i = 1; i <= 40; ++i) pace.on_block(at(0), at(10 * (i - 1)), at(10 * i));

  EXPECT_TRUE(pace.known());
  EXPECT_NEAR(pace.per_s(Duration{}), 100, 0.1);
}

TEST(BlockPace, TimeWithNothingToDoDoesNotCount) {
  BlockPace pace;
  pace.on_block(at(0), at(0), at(10));
  pace.on_block(at(10'000), at(10), at(10'010));

  EXPECT_NEAR(pace.per_s(Duration{}), 100, 0.1);
}

TEST(BlockPace, SilenceBoundsIt) {
  BlockPace pace;
  for (int i = 1; i <= 40; ++i) pace.on_block(at(0), at(10 * (i - 1)), at(10 * i));

  EXPECT_NEAR(pace.per_s(milliseconds{500}), 2, 0.01);
}

TEST(BlockPace, ForgetsWhatWasLongAgo) {
  BlockPace pace;
  for (int i = 1; i <= 16; ++i) pace.on_block(at(0), at(i - 1), at(i));
  for (int i = 1; i <= 100; ++i) pace.on_block(at(100), at(100 * i), at(100 * (i + 1)));

  EXPECT_NEAR(pace.per_s(Duration{}), 10, 0.5);
}

}  // namespace
}  // namespace btfast
