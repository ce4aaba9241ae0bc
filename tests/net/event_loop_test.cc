#include "net/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "net/fd.h"
#include "net/reactor_factory.h"

namespace btfast::net {
namespace {

using namespace std::chrono_literals;

struct SocketPair {
  SocketPair() {
    std::array<int, 2> fds{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    here = Fd{fds[0]};
    there = Fd{fds[1]};
  }
  void ping() { EXPECT_EQ(::write(there.get(), "x", 1), 1); }

  Fd here;
  Fd there;
};

class Recorder final : public EventHandler {
 public:
  void on_event(ReactorEvent const& event) override {
    events.push_back(event);
    if (then) then();
  }

  std::vector<ReactorEvent> events;
  std::function<void()> then;
};

class EventLoopTest : public testing::Test {
 protected:
  std::unique_ptr<Reactor> reactor_ = *make_reactor();
  ManualClock clock_;
  EventLoop loop_{*reactor_, clock_};
};

TEST_F(EventLoopTest, ATurnWithNothingToDoDoesNothing) {
  EXPECT_FALSE(loop_.run_turn(0ns));
  EXPECT_TRUE(loop_.idle());
}

TEST_F(EventLoopTest, DeliversEventsToTheirHandlers) {
  SocketPair a;
  SocketPair b;
  Recorder on_a;
  Recorder on_b;
  auto const watch_a = loop_.watch(a.here.get(), on_a, Interest::kRead, Trigger::kEdge);
  auto const watch_b = loop_.watch(b.here.get(), on_b, Interest::kRead, Trigger::kEdge);
  ASSERT_TRUE(watch_a && watch_b);

  b.ping();
  EXPECT_TRUE(loop_.run_turn(0ns));

  EXPECT_TRUE(on_a.events.empty());
  ASSERT_EQ(on_b.events.size(), 1u);
  EXPECT_TRUE(on_b.events[0].readable);
}

TEST_F(EventLoopTest, AWatchThatCannotBeMadeIsAnError) {
  Recorder recorder;

  auto const watch = loop_.watch(-1, recorder, Interest::kRead, Trigger::kEdge);

  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().sys_errno, EBADF);
}

// Two descriptors are ready at once; the first handler ends the other's watch and
// watches the same number anew, as a close and an accept in one turn would.
TEST_F(EventLoopTest, DropsTheStaleEventOfADescriptorUsedAnew) {
  SocketPair pairs[2];
  Watch watches[2];
  Recorder recorders[2];
  Recorder newcomer;
  int handled = 0;
  for (int i = 0; i < 2; ++i) {
    int const other = 1 - i;
    recorders[i].then = [&, other] {
      if (++handled > 1) return;
      int const number = pairs[other].here.get();
      watches[other].reset();
      SocketPair fresh;
      ASSERT_EQ(::dup2(fresh.here.get(), number), number);
      auto watch = loop_.watch(number, newcomer, Interest::kRead, Trigger::kEdge);
      ASSERT_TRUE(watch);
      watches[other] = *std::move(watch);
    };
    auto watch = loop_.watch(pairs[i].here.get(), recorders[i], Interest::kRead, Trigger::kEdge);
    ASSERT_TRUE(watch);
    watches[i] = *std::move(watch);
  }
  pairs[0].ping();
  pairs[1].ping();

  loop_.run_turn(0ns);

  EXPECT_EQ(handled, 1);
  EXPECT_TRUE(newcomer.events.empty());
}

TEST_F(EventLoopTest, AMovedWatchStaysAndAResetOneEnds) {
  SocketPair pair;
  Recorder recorder;
  auto made = loop_.watch(pair.here.get(), recorder, Interest::kRead, Trigger::kLevel);
  ASSERT_TRUE(made);
  Watch watch = *std::move(made);
  Watch moved = std::move(watch);
  pair.ping();

  loop_.run_turn(0ns);
  EXPECT_EQ(recorder.events.size(), 1u);
  moved.reset();
  loop_.run_turn(0ns);

  EXPECT_EQ(recorder.events.size(), 1u);
  EXPECT_FALSE(moved.active());
}

TEST_F(EventLoopTest, ChangingInterestPausesAndResumes) {
  SocketPair pair;
  Recorder recorder;
  auto watch = loop_.watch(pair.here.get(), recorder, Interest::kRead, Trigger::kEdge);
  ASSERT_TRUE(watch);

  ASSERT_TRUE(watch->change(Interest::kNone));
  pair.ping();
  loop_.run_turn(0ns);
  EXPECT_TRUE(recorder.events.empty());
  ASSERT_TRUE(watch->change(Interest::kRead));
  loop_.run_turn(0ns);

  EXPECT_EQ(recorder.events.size(), 1u);
}

TEST_F(EventLoopTest, TimersFireWhenTheClockSaysSo) {
  int fired = 0;
  Timer timer{loop_.timers(), [&] { ++fired; }};
  timer.arm(10s);

  loop_.run_turn(0ns);
  EXPECT_EQ(fired, 0);
  clock_.advance(10s);
  EXPECT_FALSE(loop_.idle());
  EXPECT_TRUE(loop_.run_turn(-1ns)) << "must not wait for what is due";

  EXPECT_EQ(fired, 1);
  EXPECT_EQ(loop_.now(), clock_.now());
}

TEST_F(EventLoopTest, AnEventThatArrivedInTimeComesBeforeItsTimeOut) {
  SocketPair pair;
  Recorder recorder;
  bool timed_out = false;
  Timer timer{loop_.timers(), [&] { timed_out = true; }};
  recorder.then = [&] { timer.disarm(); };
  auto const watch = loop_.watch(pair.here.get(), recorder, Interest::kRead, Trigger::kEdge);
  timer.arm(10s);

  pair.ping();
  clock_.advance(1h);
  loop_.run_turn(0ns);

  EXPECT_FALSE(timed_out);
}

TEST_F(EventLoopTest, ADelayCountsFromTheTurnThatArmsIt) {
  SocketPair pair;
  Recorder recorder;
  int fired = 0;
  Timer timer{loop_.timers(), [&] { ++fired; }};
  recorder.then = [&] { timer.arm(10s); };
  auto const watch = loop_.watch(pair.here.get(), recorder, Interest::kRead, Trigger::kEdge);

  clock_.advance(1h);
  pair.ping();
  loop_.run_turn(0ns);
  clock_.advance(9s);
  loop_.run_turn(0ns);

  EXPECT_EQ(fired, 0);
}

TEST_F(EventLoopTest, DeferredTasksRunAtTheEndOfTheTurnAndTheirsInTheNext) {
  std::vector<int> order;
  loop_.post([&] {
    loop_.defer([&] {
      order.push_back(2);
      loop_.defer([&] { order.push_back(3); });
    });
    order.push_back(1);
  });

  loop_.run_turn(0ns);
  EXPECT_EQ(order, (std::vector{1, 2}));
  EXPECT_FALSE(loop_.idle());
  loop_.run_turn(-1ns);

  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST_F(EventLoopTest, ATaskThatPostsItselfLetsTheTurnEnd) {
  int runs = 0;
  std::function<void()> const again = [&] {
    if (++runs < 100) loop_.post(again);
  };
  loop_.post(again);

  loop_.run_turn(0ns);

  EXPECT_LT(runs, 100);
}

TEST_F(EventLoopTest, ADrainMayAddAnother) {
  int inner = 0;
  bool added = false;
  loop_.add_drain([&]() -> std::size_t {
    for (; !added; added = true) {
      for (int i = 0; i < 100; ++i) loop_.add_drain([&inner] { return ++inner, std::size_t{0}; });
    }
    return 0;
  });

  loop_.run_turn(0ns);

  EXPECT_EQ(inner, 100);
}

TEST_F(EventLoopTest, WhatWasPostedBeforeStopRunsAndStopIsForGood) {
  int ran = 0;
  loop_.post([&] {
    loop_.post([&] { ++ran; });
    loop_.stop();
    ++ran;
  });

  loop_.run();
  EXPECT_EQ(ran, 2);
  loop_.run();
}

TEST_F(EventLoopTest, UnrunTasksDieWithTheLoop) {
  auto const held = std::make_shared<int>(1);
  {
    EventLoop loop{*reactor_, clock_};
    loop.post([held] {});
    loop.defer([held] {});
  }

  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(EventLoopTest, AnotherThreadsPostWakesALoopThatWouldSleepForEver) {
  std::thread::id ran_on;
  std::thread other{[&] {
    loop_.post([&] {
      ran_on = std::this_thread::get_id();
      loop_.stop();
    });
  }};

  loop_.run();
  other.join();

  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

// Method: ping-pong between two loops that have nothing else to do and no time-out, so
// that a single lost wake-up in either direction hangs the test (ctest's limit ends it).
// Mutants it was shown to hang on: see tests/base/mailbox_test.cc.
TEST_F(EventLoopTest, APingPongBetweenTwoSleepingLoopsNeverStalls) {
  constexpr int kRounds = 20'000;
  auto const other_reactor = *make_reactor();
  EventLoop other{*other_reactor, clock_};
  int rounds = 0;
  std::function<void()> const serve = [&] {
    if (++rounds == kRounds) {
      other.stop();
      loop_.stop();
      return;
    }
    EventLoop& to = rounds % 2 == 0 ? loop_ : other;
    to.post(serve);
  };

  std::thread thread{[&] { other.run(); }};
  loop_.post(serve);
  loop_.run();
  thread.join();

  EXPECT_EQ(rounds, kRounds);
}

}  // namespace
}  // namespace btfast::net
