#include "cli/signals.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "engine/control_loop.h"

namespace btfast::cli {
namespace {

class SignalsTest : public testing::Test {
 protected:
  void listen() {
    signals_ =
        *Signals::listen(control_->loop(), {.on_stop = [this](int n) { stops_.push_back(n); },
                                            .on_status = [this] { ++statuses_; },
                                            .on_reopen = [this] { ++reopens_; }});
  }
  void turn() { control_->loop().run_turn(Duration::zero()); }

  std::unique_ptr<ControlLoop> control_ = *ControlLoop::make();
  std::unique_ptr<Signals> signals_;
  std::vector<int> stops_;
  int statuses_ = 0;
  int reopens_ = 0;
};

// `timeout` sends its signal to the process and to the group.
TEST_F(SignalsTest, TheSameWishSaidTwiceIsOne) {
  listen();

  ::raise(SIGTERM);
  ::raise(SIGTERM);
  ::raise(SIGINT);
  turn();

  EXPECT_EQ(stops_, std::vector{SIGTERM});
}

// Else the second half would end a program that is about to end with a status of its own.
TEST_F(SignalsTest, TheSecondHalfMayComeAfterTheListeningEnded) {
  listen();
  ::raise(SIGTERM);
  turn();
  signals_.reset();

  ::raise(SIGTERM);

  EXPECT_EQ(stops_.size(), 1u);
}

TEST_F(SignalsTest, StatusAndReopenEndNothing) {
  listen();
  ::raise(SIGUSR1);
  ::raise(SIGHUP);
  turn();
  EXPECT_EQ(statuses_, 1);
  EXPECT_EQ(reopens_, 1);
  EXPECT_TRUE(stops_.empty());
}

TEST_F(SignalsTest, InASeriesAWishBetweenTwoIsKept) {
  SignalSeries const series;
  listen();
  signals_.reset();
  EXPECT_FALSE(SignalSeries::stop_wished());

  ::raise(SIGINT);
  EXPECT_TRUE(SignalSeries::stop_wished());
  listen();
  turn();

  EXPECT_EQ(stops_, std::vector{SIGINT});
}

// A handler on another thread may be about to write: the number must never be another file's.
TEST_F(SignalsTest, ThePipeIsOneForTheLifeOfTheProcess) {
  auto const open_files = [] {
    std::filesystem::directory_iterator const files{"/proc/self/fd"};
    return std::distance(begin(files), end(files));
  };
  listen();
  auto const listening = open_files();
  signals_.reset();
  EXPECT_EQ(open_files(), listening) << "it was closed";
  listen();
  EXPECT_EQ(open_files(), listening) << "it was made once more";
}

TEST_F(SignalsTest, WhatCameAfterTheListeningIsNotHeardTheNextTime) {
  SignalSeries const series;
  listen();
  ::raise(SIGUSR1);
  signals_.reset();
  listen();
  turn();
  EXPECT_EQ(statuses_, 0);
}

TEST_F(SignalsTest, WhatNobodyListensToEndsNothing) {
  ignore_stray_signals();
  ::raise(SIGUSR1);
  ::raise(SIGHUP);
  listen();
  turn();
  EXPECT_EQ(statuses_, 0);
}

}  // namespace
}  // namespace btfast::cli
