#include "net/interfaces.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace btfast::net {
namespace {

Endpoint const kLoopback = Endpoint::ipv4({127, 0, 0, 1}, 0);

// Every machine that runs these tests has one.
TEST(Interfaces, TheLoopbackIsAmongThem) {
  auto const all = *interface_addresses();

  EXPECT_TRUE(std::ranges::any_of(all, [](auto const& i) { return i.address == kLoopback; }));
  EXPECT_TRUE(std::ranges::none_of(all, [](auto const& i) { return i.name.empty(); }));
}

TEST(Interfaces, AListenerEverywhereIsReachedByEachAddress) {
  auto const own = *own_endpoints({}, 6881);

  EXPECT_NE(std::ranges::find(own, kLoopback.with_port(6881)), own.end());
  EXPECT_TRUE(std::ranges::all_of(own, [](auto const& e) { return e.port() == 6881; }));
}

TEST(Interfaces, AListenerOnOneAddressIsReachedByThatAlone) {
  auto const only = Endpoint::ipv4({10, 0, 0, 7}, 0);

  EXPECT_EQ(*own_endpoints(only, 6881), std::vector{only.with_port(6881)});
}

}  // namespace
}  // namespace btfast::net
