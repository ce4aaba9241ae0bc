#include "engine/base/thread.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>

#include "tests/support/no_more_threads.h"

namespace btfast {
namespace {

TEST(Thread, RunsItsBodyAndIsJoined) {
  std::atomic<int> runs{0};
  auto thread = Thread::start([&] { ++runs; });
  ASSERT_TRUE(thread);
  EXPECT_TRUE(thread->joinable());

  thread->join();

  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(thread->joinable());
}

TEST(Thread, GoesOnAloneOnceDetached) {
  auto done = std::make_shared<std::promise<void>>();
  auto const future = done->get_future();
  auto thread = Thread::start([done] { done->set_value(); });
  ASSERT_TRUE(thread);

  thread->detach();

  EXPECT_FALSE(thread->joinable());
  future.wait();
}

TEST(Thread, ThatTheSystemDoesNotGiveIsAFailure) {
  Outcome found = kOk;
  {
    test::NoMoreThreads const none;
    found = check_room_for_threads(64);
  }

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kNoResource);
  EXPECT_EQ(found.error().detail, "cannot start a thread");
  EXPECT_TRUE(check_room_for_threads(4));
}

TEST(RunOnThreads, RunsTheBodyOnceOnEach) {
  std::array<std::atomic<int>, 4> runs{};

  auto const ran = run_on_threads(4, [&](std::size_t number) { ++runs[number]; });

  ASSERT_TRUE(ran);
  for (auto const& each : runs) EXPECT_EQ(each, 1);
}

// What some began would be half of what was asked for.
TEST(RunOnThreads, RunsNothingWhereThereAreTooFew) {
  std::atomic<int> runs{0};
  Outcome ran = kOk;
  {
    test::NoMoreThreads const none;
    ran = run_on_threads(2, [&](std::size_t) { ++runs; });
  }

  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Errc::kNoResource);
  EXPECT_EQ(runs, 0);
}

}  // namespace
}  // namespace btfast
