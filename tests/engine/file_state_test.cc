#include "engine/content/file_state.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

constexpr FileState kBefore{{1, 2}, 100, 5'000};

TEST(FileState, WhatHappenedToAFileIsSaid) {
  EXPECT_EQ(change_between(kBefore, kBefore), "");
  EXPECT_EQ(change_between(kBefore, {{1, 2}, 100, 5'001}), "was written to");
  EXPECT_EQ(change_between(kBefore, {{1, 2}, 120, 5'000}), "grew from 100 to 120 bytes");
  EXPECT_EQ(change_between(kBefore, {{1, 2}, 0, 5'001}), "shrank from 100 to 0 bytes");
  EXPECT_EQ(change_between(kBefore, {{1, 3}, 100, 5'000}), "was replaced by another file");
}

}  // namespace
}  // namespace btfast
