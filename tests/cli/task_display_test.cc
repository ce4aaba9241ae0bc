#include "cli/task_display.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "engine/control_loop.h"

namespace btfast::cli {
namespace {

using testing::HasSubstr;

class TaskDisplayTest : public testing::Test {
 protected:
  TaskDisplayTest() : control_(*ControlLoop::make()) { testing::internal::CaptureStderr(); }
  ~TaskDisplayTest() override {
    if (!said_) testing::internal::GetCapturedStderr();
  }
  std::string said() {
    said_ = true;
    return testing::internal::GetCapturedStderr();
  }
  net::EventLoop& loop() { return control_->loop(); }

  std::unique_ptr<ControlLoop> control_;
  bool said_ = false;
  OutputOptions options_;
  TaskMeter meter_;
};

TEST_F(TaskDisplayTest, ARecordHasWhatATaskSaysAndHowFarItIs) {
  TaskDisplay display{"swarm", options_, loop()};
  display.begin({.doing = "fetching", .fields = {{"complete", 1}, {"leeches", 4}}}, meter_);
  meter_.set_total(400);
  meter_.add(100);

  display.record();

  EXPECT_THAT(said(),
              HasSubstr(" INFO swarm complete=1 leeches=4 pct=25.0 done=100 size=400 Bps="));
}

TEST_F(TaskDisplayTest, WhatCountsTimeSaysNoBytes) {
  TaskDisplay display{"bench", options_, loop()};
  meter_.set_total(2'000);
  display.begin(
      {.doing = "measuring disk", .unit = TaskUnit::kTime, .fields = {{"doing", "measuring disk"}}},
      meter_);
  meter_.reach(1'000);

  display.record();

  EXPECT_THAT(said(), HasSubstr(" INFO bench doing=\"measuring disk\" pct=50.0 eta_s="));
}

TEST_F(TaskDisplayTest, TheNextTaskBeginsAtNothing) {
  TaskDisplay display{"swarm", options_, loop()};
  display.begin({.doing = "writing"}, meter_);
  meter_.set_total(400);
  meter_.add(400);
  display.record();
  TaskMeter next;
  next.set_total(800);

  display.begin({.doing = "hashing"}, next);
  display.record();

  EXPECT_THAT(said(), HasSubstr(" pct=0.0 done=0 size=800 "));
}

TEST_F(TaskDisplayTest, RecordsComeByThemselvesWhereTheyAreShown) {
  options_.progress = ProgressMode::kJson;
  options_.summary_interval = std::chrono::milliseconds{1};
  TaskDisplay display{"verify", options_, loop()};
  display.begin({.doing = "verifying"}, meter_);
  meter_.set_total(10);
  bool over = false;
  net::Timer later{loop().timers(), [&] { over = true; }};
  later.arm(std::chrono::milliseconds{500});

  while (!over) loop().run_turn(std::chrono::milliseconds{20});

  EXPECT_TRUE(display.is_recorded());
  EXPECT_THAT(said(), HasSubstr("\"event\":\"verify\",\"pct\":0.0,\"done\":0,\"size\":10,"));
}

TEST_F(TaskDisplayTest, QuietShowsNothingUnlessAsked) {
  options_.quiet = true;
  options_.summary_interval = std::chrono::milliseconds{1};
  TaskDisplay display{"verify", options_, loop()};
  display.begin({.doing = "verifying"}, meter_);

  for (int i = 0; i < 20; ++i) loop().run_turn(std::chrono::milliseconds{20});

  EXPECT_FALSE(display.is_shown());
  EXPECT_EQ(said(), "");
}

TEST(TaskMeter, OfCountsOutOfOrderTheLargestIsTheLatest) {
  TaskMeter meter;
  meter.reach(5);
  meter.reach(3);
  EXPECT_EQ(meter.done(), 5u);
  meter.reach(8);
  EXPECT_EQ(meter.done(), 8u);
}

}  // namespace
}  // namespace btfast::cli
