#include "engine/descriptor_budget.h"

#include <gtest/gtest.h>

#include "tests/support/descriptor_limit.h"

namespace btfast {
namespace {

class DescriptorBudgetTest : public test::DescriptorLimit {};

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
