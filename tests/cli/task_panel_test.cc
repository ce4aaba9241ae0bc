#include "cli/task_panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "cli/columns.h"

namespace btfast::cli {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t kMiB = 1024 * 1024;

TaskFigures quarter() {
  TaskFigures figures;
  figures.sample(0, 0, TimePoint{1h});
  figures.sample(100 * kMiB, 400 * kMiB, TimePoint{1h + 2s});
  return figures;
}

TEST(TaskPanel, HasBarSizeRateAndTimeLeft) {
  std::string const line = render_task("verifying", quarter(), TaskUnit::kBytes, 90, false);

  EXPECT_THAT(line, StartsWith(" verifying ██"));
  EXPECT_THAT(line, EndsWith("░   25.0 %   100.00 MiB of 400.00 MiB      50.0 MiB/s   ETA 0:06\n"));
}

TEST(TaskPanel, NarrowTerminalsKeepPercentAndTimeLeft) {
  EXPECT_THAT(render_task("verifying", quarter(), TaskUnit::kBytes, 40, false),
              EndsWith("25.0 %   ETA 0:06\n"));
  EXPECT_EQ(render_task("verifying", quarter(), TaskUnit::kBytes, 20, false),
            "  25.0 %   ETA 0:06\n");
  for (int width = 1; width <= 120; ++width) {
    std::string const line = render_task("verifying", quarter(), TaskUnit::kBytes, width, true);
    EXPECT_LE(columns_of(line.substr(0, line.size() - 1)), width);
  }
}

TEST(TaskPanel, WhatCountsTimeHasNoSizesAndNoRate) {
  TaskFigures figures;
  figures.sample(0, 2'000, TimePoint{1h});
  figures.sample(500, 2'000, TimePoint{1h + 500ms});

  std::string const line = render_task("measuring disk", figures, TaskUnit::kTime, 60, false);

  EXPECT_THAT(line, StartsWith(" measuring disk ██"));
  EXPECT_THAT(line, EndsWith("░   25.0 %   ETA 0:02\n"));
}

TEST(TaskPanel, WithoutARateNobodyKnowsWhenItEnds) {
  EXPECT_FALSE(TaskFigures{}.eta());
  EXPECT_THAT(render_task("hashing", TaskFigures{}, TaskUnit::kBytes, 80, false),
              HasSubstr("ETA -:--"));
  EXPECT_EQ(quarter().eta(), 6s);
}

}  // namespace
}  // namespace btfast::cli
