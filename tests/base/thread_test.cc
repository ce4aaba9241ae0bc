#include "engine/base/thread.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <future>

namespace btfast {
namespace {

// No address space is left for another stack, so no thread can be made.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    ::getrlimit(RLIMIT_AS, &before_);
    rlimit none = before_;
    none.rlim_cur = 1;
    ::setrlimit(RLIMIT_AS, &none);
  }
  ~NoMoreThreads() { ::setrlimit(RLIMIT_AS, &before_); }
  NoMoreThreads(NoMoreThreads const&) = delete;
  NoMoreThreads& operator=(NoMoreThreads const&) = delete;

 private:
  rlimit before_{};
};

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
    NoMoreThreads const none;
    // More than the stacks that the C library keeps of threads that ended.
    found = check_room_for_threads(64);
  }

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kNoResource);
  EXPECT_EQ(found.error().detail, "cannot start a thread");
  EXPECT_TRUE(check_room_for_threads(4));
}

}  // namespace
}  // namespace btfast
