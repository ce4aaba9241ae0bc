#include "net/tracker_server/connection_ids.h"

#include <gtest/gtest.h>

namespace btfast::net {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart{std::chrono::hours{1}};

ConnectionIds::Secret secret(int n) { return {static_cast<std::byte>(n)}; }
Endpoint const kAsker = *Endpoint::parse("10.0.0.1:5000");

TEST(ConnectionIds, BelievesAnIdForAMinuteAtLeastAndTwoAtMost) {
  ConnectionIds const ids{secret(1)};
  auto const id = ids.make(kAsker, kStart);

  EXPECT_TRUE(ids.valid(id, kAsker, kStart));
  EXPECT_TRUE(ids.valid(id, kAsker, kStart + seconds{60}));
  EXPECT_FALSE(ids.valid(id, kAsker, kStart + seconds{120}));
}

TEST(ConnectionIds, BelievesItFromAnotherPortOfTheAddress) {
  ConnectionIds const ids{secret(1)};

  EXPECT_TRUE(ids.valid(ids.make(kAsker, kStart), kAsker.with_port(1), kStart));
}

TEST(ConnectionIds, DoesNotBelieveItFromAnotherAddress) {
  ConnectionIds const ids{secret(1)};
  auto const other = *Endpoint::parse("10.0.0.2:5000");

  EXPECT_FALSE(ids.valid(ids.make(kAsker, kStart), other, kStart));
}

TEST(ConnectionIds, DependOnTheSecret) {
  auto const id = ConnectionIds{secret(1)}.make(kAsker, kStart);

  EXPECT_FALSE(ConnectionIds{secret(2)}.valid(id, kAsker, kStart));
}

}  // namespace
}  // namespace btfast::net
