#include "net/address_scope.h"

#include <gtest/gtest.h>

namespace btfast::net {
namespace {

TEST(AddressScope, TellsGlobalAddressesFromAllOthers) {
  for (char const* const near :
       {"127.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "::1",
        "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:10.0.0.1"}) {
    EXPECT_FALSE(is_global_address(*Endpoint::parse_address(near, 1))) << near;
  }
  for (char const* const global : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:4860::8888"}) {
    EXPECT_TRUE(is_global_address(*Endpoint::parse_address(global, 1))) << global;
  }
  EXPECT_FALSE(is_global_address(Endpoint{}));
}

}  // namespace
}  // namespace btfast::net
