#include "cli/progress_tail.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

class ProgressTailTest : public testing::Test {
 protected:
  void write(std::string const& text) const {
    std::ofstream{dir_ / "log", std::ios::binary | std::ios::app} << text;
  }

  test::TempDir dir_;
  ProgressTail tail_{(dir_ / "log").string()};
};

TEST_F(ProgressTailTest, TheLastRecordCounts) {
  tail_.look();
  EXPECT_EQ(tail_.done(), 0u) << "there is no file yet";

  write("{\"event\":\"progress\",\"done\":5}\n{\"event\":\"progress\",\"done\":70}\n");
  tail_.look();
  EXPECT_EQ(tail_.done(), 70u);

  write("{\"event\":\"progress\",\"done\":90}\n");
  tail_.look();
  EXPECT_EQ(tail_.done(), 90u);
}

TEST_F(ProgressTailTest, HalfALineWaitsForItsEnd) {
  write("{\"done\":5}\n{\"done\":7");
  tail_.look();
  EXPECT_EQ(tail_.done(), 5u);

  write("1}\n");
  tail_.look();
  EXPECT_EQ(tail_.done(), 71u);
}

TEST_F(ProgressTailTest, WhatIsNoRecordIsPassedOver) {
  write("{\"done\":5}\nnot json\n[1]\n{\"done\":-1}\n{\"done\":\"x\"}\n{\"event\":\"e\"}\n\n");
  tail_.look();

  EXPECT_EQ(tail_.done(), 5u);
}

TEST_F(ProgressTailTest, ALineWithoutAnEndHoldsNothingUp) {
  write(std::string(3 * ProgressTail::kLookBytes, 'x') + "\n{\"done\":8}\n");

  for (int i = 0; i < 5; ++i) tail_.look();

  EXPECT_EQ(tail_.done(), 8u);
}

}  // namespace
}  // namespace btfast::cli
