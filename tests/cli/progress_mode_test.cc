#include "cli/progress_mode.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace btfast::cli {
namespace {

TEST(ProgressMode, WhatIsNoTerminalGetsRecords) {
  int const null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  Terminal const elsewhere{null};

  EXPECT_EQ(resolved_mode({}, elsewhere), ProgressMode::kLog);
  EXPECT_EQ(resolved_mode({.progress = ProgressMode::kPanel}, elsewhere), ProgressMode::kLog);
  EXPECT_EQ(resolved_mode({.progress = ProgressMode::kLine}, elsewhere), ProgressMode::kLog);
  EXPECT_EQ(resolved_mode({.progress = ProgressMode::kJson}, elsewhere), ProgressMode::kJson);
  EXPECT_EQ(resolved_mode({.progress = ProgressMode::kNone}, elsewhere), ProgressMode::kNone);
  EXPECT_EQ(resolved_mode({.quiet = true}, elsewhere), ProgressMode::kNone);
  ::close(null);
}

TEST(ProgressMode, SecondsThatNobodyKnowsAreNone) {
  EXPECT_FALSE(seconds_of(std::nullopt));
  EXPECT_EQ(seconds_of(std::chrono::seconds{4}), 4);
}

}  // namespace
}  // namespace btfast::cli
