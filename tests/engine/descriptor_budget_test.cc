#include "engine/descriptor_budget.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace btfast {
namespace {

class DescriptorBudgetTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0); }
  void TearDown() override { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }
  void limit_to(rlim_t now) {
    rlimit const limit{now, before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

  rlimit before_{};
};

TEST_F(DescriptorBudgetTest, PeersAndFilesShareWhatTheReserveLeaves) {
  limit_to(512);

  EXPECT_EQ(peers_within_descriptors(200), 200u);
  EXPECT_EQ(peers_within_descriptors(10'000), (512u - 64) / 2);
}

TEST_F(DescriptorBudgetTest, ThereIsAlwaysRoomForOne) {
  limit_to(64);

  EXPECT_GE(peers_within_descriptors(200), 1u);
  EXPECT_LT(peers_within_descriptors(200), 64u);
}

}  // namespace
}  // namespace btfast
