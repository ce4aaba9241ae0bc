#include "engine/peers/peer_priority.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace btfast {
namespace {

net::Endpoint at(std::string_view text) { return *net::Endpoint::parse(text); }

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST(PeerPriority, Crc32cIsThatOfRfc3720) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0x00)), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0xFF)), 0x62A8AB43u);
}

// The examples of BEP 40: different /16, and the same /24.
TEST(PeerPriority, IsWhatBep40PublishesForItsExamples) {
  EXPECT_EQ(peer_priority(at("123.213.32.10:1"), at("98.76.54.32:2")), 0xec2d7224u);
  EXPECT_EQ(peer_priority(at("123.213.32.10:1"), at("123.213.32.234:2")), 0x99568189u);
}

TEST(PeerPriority, HashesAsManyBytesWholeAsTheAddressesNeed) {
  std::vector<std::uint8_t> const same_16{230, 12, 23, 1 & 0x55, 230, 12, 123, 3 & 0x55};
  EXPECT_EQ(peer_priority(at("230.12.23.1:1"), at("230.12.123.3:2")), crc32c(same_16));

  std::vector<std::uint8_t> same_host{0x01, 0x2c, 0x04, 0xd2};
  EXPECT_EQ(peer_priority(at("230.12.123.3:1234"), at("230.12.123.3:300")), crc32c(same_host));
}

TEST(PeerPriority, OfIpv6TheFirstSixBytesCountWhole) {
  std::vector<std::uint8_t> apart(32, 0x55);
  std::vector<std::uint8_t> const network{0x20, 0x01, 0x0d, 0xb8, 0, 0};
  std::copy(network.begin(), network.end(), apart.begin());
  std::copy(network.begin(), network.end(), apart.begin() + 16);
  apart[16 + 5] = 1;

  EXPECT_EQ(peer_priority(at("[2001:db8:0:ffff:ffff:ffff:ffff:ffff]:1"),
                          at("[2001:db8:1:ffff:ffff:ffff:ffff:ffff]:2")),
            crc32c(apart));
}

TEST(PeerPriority, BothEndsComputeTheSame) {
  for (auto const& [one, other] : {std::pair{"1.2.3.4:6881", "5.6.7.8:1"},
                                   {"1.2.3.4:6881", "1.2.3.4:6882"},
                                   {"[2001:db8::1]:1", "[2a00::1]:2"},
                                   {"[2001:db8::1]:1", "[2001:db8::2]:2"}}) {
    EXPECT_EQ(peer_priority(at(one), at(other)), peer_priority(at(other), at(one))) << one;
  }
}

TEST(PeerPriority, AddressesOfTwoFamiliesHaveNone) {
  EXPECT_EQ(peer_priority(at("1.2.3.4:1"), at("[2001:db8::1]:1")), 0u);
}

}  // namespace
}  // namespace btfast
