#include "engine/swarm/attended_time.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

using namespace std::chrono_literals;

TEST(AttendedTime, GoesWithTheClockWhileTheThreadIsOnTime) {
  TimePoint const start{1h};
  AttendedTime time{100ms};
  time.start(start);

  for (int i = 1; i <= 50; ++i) time.on_tick(start + i * 100ms);

  EXPECT_EQ(time.now(), start + 5s);
}

TEST(AttendedTime, StandsStillWhileTheThreadIsLate) {
  TimePoint const start{1h};
  AttendedTime time{100ms};
  time.start(start);

  time.on_tick(start + 1min);
  time.on_tick(start + 1min + 100ms);

  EXPECT_EQ(time.now(), start + 200ms);
}

}  // namespace
}  // namespace btfast
