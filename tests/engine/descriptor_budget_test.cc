#include "engine/descriptor_budget.h"

#include <gtest/gtest.h>

#include "engine/base/descriptors.h"
#include "net/http_client.h"
#include "storage/file_pool.h"
#include "tests/support/descriptor_limit.h"

namespace btfast {
namespace {

class DescriptorBudgetTest : public test::DescriptorLimit {};

TEST_F(DescriptorBudgetTest, PeersAndFilesShareWhatTheReserveLeaves) {
  limit_to(1'024);

  EXPECT_EQ(peers_within_descriptors(200), 200u);
  std::uint32_t const room = (1'024 - 64) / 2;
  EXPECT_EQ(trackers_within_descriptors(), room / 3 / 3);
  EXPECT_EQ(peers_within_descriptors(10'000), room - 3 * (room / 3 / 3));
}

TEST_F(DescriptorBudgetTest, ThereIsAlwaysRoomForOne) {
  limit_to(64);

  EXPECT_GE(trackers_within_descriptors(), 1u);
  EXPECT_GE(peers_within_descriptors(200), 1u);
  EXPECT_LT(peers_within_descriptors(200), 64u);
}

TEST_F(DescriptorBudgetTest, TrackersPeersAndFilesTogetherLeaveTheReserve) {
  for (rlim_t const limit : {200, 512, 1'024, 4'096}) {
    limit_to(limit);
    auto const files = storage::FilePool::default_open_max();
    auto const trackers = net::HttpClient::kDescriptorsEach * trackers_within_descriptors();

    EXPECT_LE(files + trackers + peers_within_descriptors(100'000), descriptors_for_sockets());
  }
}

}  // namespace
}  // namespace btfast
