#include "net/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/base/rng.h"

namespace btfast::net {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{5h + 123us};

TEST(TimerWheel, FiresOnceNotBeforeItsTime) {
  TimerWheel wheel{kStart};
  int fired = 0;
  Timer timer{wheel, [&] { ++fired; }};

  timer.arm(10ms);
  wheel.advance(kStart + 10ms - 1ns);
  EXPECT_EQ(fired, 0);
  EXPECT_EQ(wheel.advance(kStart + 10ms), 1u);
  EXPECT_EQ(wheel.advance(kStart + 1h), 0u);

  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.armed());
}

TEST(TimerWheel, RoundsPartsOfATickUp) {
  TimerWheel wheel{kStart};
  int fired = 0;
  Timer timer{wheel, [&] { ++fired; }};

  timer.arm(1ns);

  wheel.advance(kStart + 999us);
  EXPECT_EQ(fired, 0);
  wheel.advance(kStart + 1ms);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, ArmingAgainReplacesAndDisarmingForgets) {
  TimerWheel wheel{kStart};
  std::vector<int> fired;
  Timer replaced{wheel, [&] { fired.push_back(1); }};
  Timer disarmed{wheel, [&] { fired.push_back(2); }};
  replaced.arm(5ms);
  disarmed.arm(5ms);

  replaced.arm(20ms);
  disarmed.disarm();
  EXPECT_EQ(wheel.armed_count(), 1u);
  wheel.advance(kStart + 19ms);
  EXPECT_TRUE(fired.empty());
  wheel.advance(kStart + 20ms);

  EXPECT_EQ(fired, std::vector{1});
  EXPECT_EQ(wheel.armed_count(), 0u);
}

TEST(TimerWheel, ADestroyedTimerIsForgotten) {
  TimerWheel wheel{kStart};
  bool fired = false;
  {
    Timer timer{wheel, [&] { fired = true; }};
    timer.arm(1ms);
  }

  EXPECT_LT(wheel.until_next(), 0ns);
  wheel.advance(kStart + 1s);
  EXPECT_FALSE(fired);
}

TEST(TimerWheel, ATimerLeftArmedMayOutliveTheWheel) {
  auto wheel = std::make_unique<TimerWheel>(kStart);
  Timer timer{*wheel, [] {}};
  timer.arm(1ms);

  wheel.reset();

  EXPECT_FALSE(timer.armed());
}

TEST(TimerWheel, ACallbackMayArmItselfDisarmOthersAndDestroyItself) {
  TimerWheel wheel{kStart};
  int periodic_fired = 0;
  bool other_fired = false;
  std::unique_ptr<Timer> suicide;

  Timer other{wheel, [&] { other_fired = true; }};
  Timer again{wheel, [&] {
                ++periodic_fired;
                other.disarm();
                again.arm(10ms);
              }};
  auto const marker = std::make_shared<int>(0);
  suicide = std::make_unique<Timer>(wheel, [&, marker] {
    suicide.reset();
    EXPECT_EQ(marker.use_count(), 2) << "what the callback holds lives while it runs";
  });

  again.arm(5ms);
  other.arm(5ms);
  suicide->arm(5ms);
  wheel.advance(kStart + 5ms);
  wheel.advance(kStart + 15ms);

  EXPECT_EQ(periodic_fired, 2);
  EXPECT_FALSE(other_fired);
  EXPECT_EQ(suicide, nullptr);
  EXPECT_EQ(marker.use_count(), 1);
}

TEST(TimerWheel, ACallbackThatArmsWithNoDelayFiresInTheNextAdvance) {
  TimerWheel wheel{kStart};
  int fired = 0;
  Timer timer{wheel, [&] {
                ++fired;
                timer.arm(0ns);
              }};
  timer.arm(0ns);

  EXPECT_EQ(wheel.until_next(), 0ns);
  wheel.advance(kStart);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(wheel.until_next(), 0ns);
  wheel.advance(kStart);
  EXPECT_EQ(fired, 2);
}

TEST(TimerWheel, DelaysCountFromTheObservedTime) {
  TimerWheel wheel{kStart};
  int fired = 0;
  Timer timer{wheel, [&] { ++fired; }};

  wheel.observe(kStart + 5s);
  timer.arm(10ms);
  wheel.advance(kStart + 5s);
  EXPECT_EQ(fired, 0);
  wheel.advance(kStart + 5s + 10ms);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, TimeNeverGoesBack) {
  TimerWheel wheel{kStart};

  wheel.advance(kStart + 1s);
  wheel.advance(kStart);

  EXPECT_EQ(wheel.now(), kStart + 1s);
}

TEST(TimerWheel, AcceptsDelaysFromTheEndsOfTime) {
  TimerWheel wheel{kStart};
  int fired = 0;
  Timer far{wheel, [&] { ++fired; }};
  Timer past{wheel, [&] { ++fired; }};

  far.arm(Duration::max());
  past.arm(-1h);
  EXPECT_EQ(wheel.advance(kStart), 1u);
  EXPECT_GT(wheel.until_next(), 0ns);
  EXPECT_EQ(wheel.advance(TimePoint::max()), 1u);

  EXPECT_EQ(fired, 2);
}

// The order in which due timers fire, whatever the jump.
class TimerWheelJump : public testing::TestWithParam<Duration> {};

TEST_P(TimerWheelJump, FiresEverythingDueInOrderAndNothingElse) {
  TimerWheel wheel{kStart};
  Rng rng{7};
  std::vector<Duration> fired;
  std::vector<Duration> expected;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 2000; ++i) {
    // Delays of every magnitude, from 1 ms to some months.
    Duration const delay = 1ms * (rng.next() >> (30 + rng.below(34)));
    timers.push_back(std::make_unique<Timer>(wheel, [&fired, delay] { fired.push_back(delay); }));
    timers.back()->arm(delay);
    if (delay <= GetParam()) expected.push_back(delay);
  }
  std::sort(expected.begin(), expected.end());

  EXPECT_EQ(wheel.advance(kStart + GetParam()), expected.size());

  EXPECT_EQ(fired, expected);
  EXPECT_EQ(wheel.armed_count(), 2000 - expected.size());
}

INSTANTIATE_TEST_SUITE_P(Jumps, TimerWheelJump,
                         testing::Values(0ms, 1ms, 63ms, 64ms, 65ms, 4095ms, 4096ms, 10min, 1h, 24h,
                                         30 * 24h, 10000 * 24h));

// Against a model: a sorted list.  until_next() must never be late, and advancing to
// where it points must reach every timer in few steps.
TEST(TimerWheel, FollowsASortedListThroughRandomUse) {
  Rng rng{11};
  TimePoint now = kStart;
  TimerWheel wheel{now};
  std::vector<TimePoint> due(200, TimePoint::max());
  std::vector<std::unique_ptr<Timer>> timers;
  for (std::size_t i = 0; i < due.size(); ++i) {
    timers.push_back(std::make_unique<Timer>(wheel, [&, i] {
      EXPECT_LE(due[i], now);
      EXPECT_GT(due[i] + 1ms, now) << "late by more than a tick";
      due[i] = TimePoint::max();
    }));
  }
  int steps = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::size_t const i = rng.below(200);
    if (rng.one_in(4)) {
      timers[i]->disarm();
      due[i] = TimePoint::max();
    } else {
      Duration const delay = 1us * rng.below(1u << (4 + rng.below(27)));
      timers[i]->arm(delay);
      due[i] = now + delay;
    }
    Duration const next = wheel.until_next();
    ASSERT_EQ(next < 0ns, wheel.armed_count() == 0);
    if (!rng.one_in(3) || next < 0ns) continue;
    TimePoint const earliest = *std::min_element(due.begin(), due.end());
    ASSERT_LT(now + next, earliest + 1ms) << "would sleep past a timer";
    now += next;
    wheel.advance(now);
    ++steps;
  }

  EXPECT_GT(steps, 1000);
}

}  // namespace
}  // namespace btfast::net
