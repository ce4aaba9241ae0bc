// The counter that other tests rely on: a build in which it sees nothing would let them pass.
#include "tests/support/allocation_count.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace btfast::test {
namespace {

TEST(AllocationCountTest, CountsWhatIsAllocated) {
  long const before = allocation_count();
  auto const number = std::make_unique<int>(1);
  std::vector<int> const numbers(1000);
  EXPECT_GE(allocation_count(), before + 2);
}

}  // namespace
}  // namespace btfast::test
