// What every Executor promises, on threads and in the simulator.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/executor.h"
#include "engine/worker_pool.h"
#include "tests/support/eventually.h"
#include "tests/support/sim_executor.h"

namespace btfast {
namespace {

// `executor` and how to let its jobs run until `done`.
struct Subject {
  std::unique_ptr<Executor> executor;
  std::function<bool(std::function<bool()> const&)> run_until;
};

Subject worker_pool() {
  return {std::make_unique<WorkerPool>(3),
          [](std::function<bool()> const& done) { return test::eventually(done); }};
}

Subject sim_executor() {
  auto sim = std::make_unique<test::SimExecutor>(7, 3);
  auto* const raw = sim.get();
  return {std::move(sim), [raw](std::function<bool()> const& done) {
            while (!done()) {
              if (!raw->run_one()) return done();
            }
            return true;
          }};
}

class ExecutorContract : public ::testing::TestWithParam<Subject (*)()> {
 protected:
  Subject subject_ = GetParam()();
  Executor& executor_ = *subject_.executor;
};

TEST_P(ExecutorContract, RunsEveryJobOnce) {
  constexpr int kJobs = 1'000;
  std::vector<std::atomic<int>> runs(kJobs);
  std::atomic<int> ran{0};

  for (int i = 0; i < kJobs; ++i) {
    executor_.submit([&, i] {
      ++runs[static_cast<std::size_t>(i)];
      ++ran;
    });
  }

  EXPECT_TRUE(subject_.run_until([&] { return ran == kJobs; }));
  for (auto const& r : runs) EXPECT_EQ(r, 1);
}

TEST_P(ExecutorContract, DoesNotRunAJobInsideSubmit) {
  std::atomic<bool> ran{false};
  std::atomic<bool> submitted{false};
  std::atomic<bool> inside{false};
  auto const caller = std::this_thread::get_id();

  executor_.submit([&] {
    inside = !submitted && std::this_thread::get_id() == caller;
    ran = true;
  });
  submitted = true;

  EXPECT_TRUE(subject_.run_until([&] { return ran.load(); }));
  EXPECT_FALSE(inside);
}

TEST_P(ExecutorContract, AJobMaySubmitJobs) {
  std::atomic<int> ran{0};
  std::function<void(int)> const split = [&](int depth) {
    ++ran;
    if (depth == 0) return;
    executor_.submit([&, depth] { split(depth - 1); });
    executor_.submit([&, depth] { split(depth - 1); });
  };

  executor_.submit([&] { split(6); });

  EXPECT_TRUE(subject_.run_until([&] { return ran == 127; }));
}

TEST_P(ExecutorContract, WhatTheSubmitterWroteIsThereInTheJobAndBack) {
  std::vector<int> values(100);
  std::atomic<int> ran{0};

  for (int i = 0; i < 100; ++i) {
    int& value = values[static_cast<std::size_t>(i)];
    value = i;  // plain memory: the thread sanitizer watches the hand-over
    executor_.submit([&value, &ran] {
      value *= 2;
      ran.fetch_add(1);
    });
  }

  ASSERT_TRUE(subject_.run_until([&] { return ran == 100; }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], 2 * i);
}

TEST_P(ExecutorContract, DestructionRunsWhatWasSubmittedAndFreesIt) {
  auto const owned = std::make_shared<int>(0);
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) executor_.submit([owned, &ran] { ++ran; });

  subject_.executor.reset();

  EXPECT_EQ(ran, 100);
  EXPECT_EQ(owned.use_count(), 1);
}

INSTANTIATE_TEST_SUITE_P(WorkerPool, ExecutorContract, ::testing::Values(&worker_pool));
INSTANTIATE_TEST_SUITE_P(SimExecutor, ExecutorContract, ::testing::Values(&sim_executor));

}  // namespace
}  // namespace btfast
