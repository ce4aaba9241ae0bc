// DescriptorLimit: changes the process's soft limit of descriptors for the length of a test.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace btfast::test {

class DescriptorLimit : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0); }
  void TearDown() override { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }
  void limit_to(rlim_t now) {
    rlimit const limit{now, before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

  rlimit before_{};
};

}  // namespace btfast::test
