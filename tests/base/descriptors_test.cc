#include "engine/base/descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "engine/base/limits.h"
#include "tests/support/descriptor_limit.h"

namespace btfast {
namespace {

class DescriptorsTest : public test::DescriptorLimit {};

TEST_F(DescriptorsTest, SocketsLeaveTheReserve) {
  limit_to(512);

  EXPECT_EQ(descriptor_limit(), 512u);
  EXPECT_EQ(descriptors_for_sockets(), 512u - limits::kReservedFds);
}

TEST_F(DescriptorsTest, AQuarterIsReservedWhereThereAreFew) {
  limit_to(100);

  EXPECT_EQ(descriptors_for_sockets(), 75u);
}

TEST_F(DescriptorsTest, TheReserveBeginsWhereTheSocketsEnd) {
  limit_to(512);
  auto const first = static_cast<int>(descriptors_for_sockets());

  EXPECT_FALSE(is_of_descriptor_reserve(-1));
  EXPECT_FALSE(is_of_descriptor_reserve(first - 1));
  EXPECT_TRUE(is_of_descriptor_reserve(first));
}

// Other tests of the process, and its runtime, may hold any number.
std::uint64_t free_below(std::uint64_t end) {
  std::uint64_t count = 0;
  for (std::uint64_t fd = 0; fd < end; ++fd) {
    if (::fcntl(static_cast<int>(fd), F_GETFD) < 0) ++count;
  }
  return count;
}

TEST_F(DescriptorsTest, ThereIsRoomForWhatLeavesTheReserve) {
  limit_to(100);
  auto const room = free_below(descriptors_for_sockets());
  ASSERT_GT(room, 0u);

  EXPECT_TRUE(check_room_for_sockets(room));
  auto const beyond = check_room_for_sockets(room + 1);

  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Errc::kNoResource);
  EXPECT_NE(beyond.error().detail.find(std::to_string(descriptor_limit())), std::string::npos);
  EXPECT_TRUE(check_room_for_sockets(room)) << "what was tried was kept";
}

TEST_F(DescriptorsTest, IsRaisedToWhatTheSystemAllows) {
  limit_to(128);

  raise_descriptor_limit();

  rlimit now{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &now), 0);
  EXPECT_EQ(now.rlim_cur, before_.rlim_max);
}

}  // namespace
}  // namespace btfast
