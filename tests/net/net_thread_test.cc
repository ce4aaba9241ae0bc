#include "net/net_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <string>

#include "net/reactor_factory.h"
#include "tests/support/no_more_threads.h"

namespace btfast::net {
namespace {

TEST(NetThread, RunsItsLoopOnAThreadOfItsName) {
  SteadyClock clock;
  NetThread net{3, *make_reactor(), clock};
  std::string name;
  bool here = false;

  ASSERT_TRUE(net.start());
  net.loop().post([&] {
    std::array<char, 16> text{};
    ::pthread_getname_np(::pthread_self(), text.data(), text.size());
    name = text.data();
    here = net.loop().role().is_here();
  });
  net.stop();
  net.join();

  EXPECT_EQ(name, "bt-net-3");
  EXPECT_TRUE(here);
}

TEST(NetThread, EndsWhenDestroyedStartedOrNot) {
  SteadyClock clock;
  NetThread const never{0, *make_reactor(), clock};
  NetThread started{1, *make_reactor(), clock};

  EXPECT_TRUE(started.start());
}

TEST(NetThread, TimersOfARealClockFire) {
  SteadyClock clock;
  NetThread net{0, *make_reactor(), clock};
  int fired = 0;
  Timer timer{net.loop().timers(), [&] {
                if (++fired == 3) {
                  net.stop();
                } else {
                  timer.arm(std::chrono::milliseconds{1});
                }
              }};
  timer.arm(std::chrono::milliseconds{1});

  ASSERT_TRUE(net.start());
  net.join();

  EXPECT_EQ(fired, 3);
}

TEST(NetThread, ThatTheSystemDoesNotGiveIsAFailureAndMayBeTriedAgain) {
  SteadyClock clock;
  NetThread net{0, *make_reactor(), clock};
  Outcome refused = kOk;
  {
    test::NoMoreThreads const none;
    refused = net.start();
  }

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kNoResource);
  EXPECT_TRUE(net.start());
}

}  // namespace
}  // namespace btfast::net
