#include "engine/base/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <future>

namespace btfast {
namespace {

// Every stack is asked for with more than the address space holds, so no thread can be made.
// The process keeps its memory: a sanitizer allocates on the way, and ends where it may not.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t beyond;
    ::pthread_attr_init(&beyond);
    ::pthread_attr_setstacksize(&beyond, std::size_t{1} << 47U);
    ::pthread_setattr_default_np(&beyond);
    ::pthread_attr_destroy(&beyond);
  }
  ~NoMoreThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }
  NoMoreThreads(NoMoreThreads const&) = delete;
  NoMoreThreads& operator=(NoMoreThreads const&) = delete;

 private:
  pthread_attr_t before_{};
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
    found = check_room_for_threads(64);
  }

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kNoResource);
  EXPECT_EQ(found.error().detail, "cannot start a thread");
  EXPECT_TRUE(check_room_for_threads(4));
}

}  // namespace
}  // namespace btfast
