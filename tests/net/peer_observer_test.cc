#include "net/peer_observer.h"

#include <gtest/gtest.h>

#include <set>

namespace btfast::net {
namespace {

TEST(CloseReasonName, IsDifferentForEveryReason) {
  std::set<std::string_view> names;
  int reason = 0;
  for (; reason <= static_cast<int>(CloseReason::kShutdown); ++reason) {
    names.insert(close_reason_name(static_cast<CloseReason>(reason)));
  }

  EXPECT_EQ(names.size(), static_cast<std::size_t>(reason));
  EXPECT_EQ(names.count("unknown"), 0u);
}

}  // namespace
}  // namespace btfast::net
