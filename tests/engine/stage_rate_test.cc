#include "engine/bench/stage_rate.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace btfast::bench {
namespace {

using namespace std::chrono_literals;

constexpr StageRate rate_of(std::uint64_t bytes_per_s, double cpu_share) {
  return {.bytes = bytes_per_s, .wall_s = 1, .cpu_s = cpu_share};
}

TEST(Verdict, NamesTheSlowestStage) {
  Stages const stages{rate_of(3'000, 0.1), rate_of(2'000, 0.5), rate_of(1'000, 0.1)};

  auto const verdict = judge(stages, {.bytes = 1'000, .wall_s = 1, .cpu_s = 2}, 8);

  EXPECT_EQ(verdict.limit, BenchLimit::kDisk);
  EXPECT_FALSE(verdict.cpu_bound);
}

TEST(Verdict, NamesTheStageThatNeedsMostWhereTheProcessorsAreBusy) {
  Stages const stages{rate_of(3'000, 0.1), rate_of(2'000, 0.5), rate_of(1'000, 0.1)};

  auto const verdict = judge(stages, {.bytes = 1'000, .wall_s = 1, .cpu_s = 2}, 2);

  EXPECT_EQ(verdict.limit, BenchLimit::kHash);
  EXPECT_TRUE(verdict.cpu_bound);
}

TEST(StageRate, IsNothingWhereNothingWasMeasured) {
  StageRate const none;

  EXPECT_EQ(none.bytes_per_s(), 0);
  EXPECT_EQ(none.cpu_s_per_byte(), 0);
}

TEST(TimedStep, TellsHowMuchOfTheWholeIsOver) {
  std::vector<std::chrono::milliseconds> told;
  Watcher const watcher{.on_time = [&](auto time) { told.push_back(time); }};

  TimedStep const step{watcher, 100ms, 5ms};
  while (!step.over()) {
  }

  EXPECT_GE(told.front(), 100ms);
  EXPECT_EQ(told.back(), 105ms);
  EXPECT_GE(step.seconds(), 0.005);
}

TEST(TimedStep, WhoWatchesMayEndItEarly) {
  std::stop_source stop;
  Watcher const watcher{.stop = stop.get_token()};
  TimedStep const step{watcher, {}, 24h};
  EXPECT_FALSE(step.over());

  stop.request_stop();

  EXPECT_TRUE(step.over());
}

TEST(BenchLimit, HasANameForEach) {
  EXPECT_STREQ(bench_limit_name(BenchLimit::kNetwork), "net");
  EXPECT_STREQ(bench_limit_name(BenchLimit::kHash), "hash");
  EXPECT_STREQ(bench_limit_name(BenchLimit::kDisk), "disk");
}

}  // namespace
}  // namespace btfast::bench
