#include "engine/peers/address_count.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace btfast {
namespace {

net::Endpoint at(std::uint8_t host, std::uint16_t port) {
  return net::Endpoint::ipv4({10, 0, 0, host}, port);
}

void fill(AddressCount& count, net::Endpoint const& endpoint) {
  for (int i = 0; i < limits::kPeersPerAddress; ++i) count.add(endpoint);
}

TEST(AddressCount, AnAddressIsFullWhateverThePort) {
  AddressCount count;
  for (std::uint16_t i = 0; i + 1 < limits::kPeersPerAddress; ++i) count.add(at(1, i));
  EXPECT_FALSE(count.full(at(1, 6881)));

  count.add(at(1, 6881));

  EXPECT_TRUE(count.full(at(1, 6882)));
  EXPECT_FALSE(count.full(at(2, 6881)));
}

TEST(AddressCount, HasRoomAgainWhenOneLeft) {
  AddressCount count;
  fill(count, at(1, 1));

  count.remove(at(1, 1));

  EXPECT_FALSE(count.full(at(1, 1)));
}

TEST(AddressCount, ThisMachineIsNeverFull) {
  AddressCount count;
  auto const here = net::Endpoint::ipv4({127, 0, 0, 1}, 6881);

  fill(count, here);

  EXPECT_FALSE(count.full(here));
}

}  // namespace
}  // namespace btfast
