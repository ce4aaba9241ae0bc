#include "cli/watched_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace btfast::cli {
namespace {

using testing::HasSubstr;

constexpr OutputOptions kQuiet{.quiet = true};

void wait_for_stop(std::stop_token const& stop) {
  while (!stop.stop_requested()) std::this_thread::yield();
}

TEST(WatchedTask, RunsTheWorkAndReturns) {
  bool ran = false;

  auto const done = run_watched(
      {.event = "e", .words = {.doing = "doing"}, .work = [&](auto&, auto) { ran = true; }},
      kQuiet);

  EXPECT_TRUE(done);
  EXPECT_TRUE(ran);
}

TEST(WatchedTask, AnInterruptAsksTheWorkToStop) {
  auto const done = run_watched({.event = "e",
                                 .words = {.doing = "doing"},
                                 .work =
                                     [](TaskMeter&, std::stop_token const& stop) {
                                       ::kill(::getpid(), SIGINT);
                                       wait_for_stop(stop);
                                     }},
                                kQuiet);

  EXPECT_TRUE(done);
}

TEST(WatchedTask, AStatusSignalIsAnsweredWithARecordEvenWhenQuiet) {
  testing::internal::CaptureStderr();

  auto const done = run_watched({.event = "verify",
                                 .words = {.doing = "verifying"},
                                 .work =
                                     [](TaskMeter& meter, std::stop_token const& stop) {
                                       meter.set_total(400);
                                       meter.add(100);
                                       ::kill(::getpid(), SIGUSR1);
                                       ::kill(::getpid(), SIGINT);
                                       wait_for_stop(stop);
                                     }},
                                kQuiet);

  EXPECT_TRUE(done);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr(" INFO verify pct=25.0 done=100 size=400 "));
}

}  // namespace
}  // namespace btfast::cli
