#include "net/endpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>
#include <vector>

namespace btfast::net {
namespace {

Endpoint endpoint(std::string_view text) {
  auto const parsed = Endpoint::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Endpoint{});
}

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (int const value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

TEST(Endpoint, PrintsWhatItParsed) {
  for (char const* text : {"10.0.0.1:80", "[::1]:6881", "[2001:db8::7]:65535", "0.0.0.0:0"}) {
    EXPECT_EQ(endpoint(text).to_string(), text);
  }
  EXPECT_EQ(endpoint("[2001:db8::7]:1").address_string(), "2001:db8::7");
  EXPECT_EQ(Endpoint{}.to_string(), "-");
}

TEST(Endpoint, RefusesWhatIsNoNumericAddressAndPort) {
  for (char const* text :
       {"", ":", ":80", "10.0.0.1", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1:-1", "10.0.0.1:+1",
        "10.0.0.1:8x", "10.0.0:80", "[10.0.0.1]:80", "::1:80", "[::1]", "[]:80", "[::1:80",
        "localhost:80", "[fe80::1%lo]:80", "10.0.0.1 :80"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
  EXPECT_FALSE(Endpoint::parse_address(std::string_view{"1.2.3.4\0x", 9}, 80));
  EXPECT_FALSE(Endpoint::parse_address(std::string(1000, '1'), 80));
}

TEST(Endpoint, MappedAddressesAreIpv4) {
  Endpoint const mapped = endpoint("[::ffff:10.1.2.3]:80");

  EXPECT_EQ(mapped, endpoint("10.1.2.3:80"));
  EXPECT_EQ(mapped.family(), Family::kIpv4);
}

TEST(Endpoint, ReadsCompactFormsOfBothFamiliesAndNothingElse) {
  auto const v4 = bytes({10, 0, 0, 1, 0x1a, 0xe1});
  auto const v6 = bytes({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x1a, 0xe1});

  EXPECT_EQ(Endpoint::from_compact(v4), endpoint("10.0.0.1:6881"));
  EXPECT_EQ(Endpoint::from_compact(v6), endpoint("[2001:db8::1]:6881"));
  for (std::size_t n = 0; n < v6.size(); ++n) {
    EXPECT_EQ(Endpoint::from_compact(std::span{v6}.first(n)).has_value(), n == 6) << n;
  }
}

TEST(Endpoint, SurvivesTheRoundTripThroughSockaddr) {
  for (char const* text : {"10.0.0.1:80", "[2001:db8::7]:65535"}) {
    sockaddr_storage storage;

    socklen_t const length = endpoint(text).to_sockaddr(storage);

    EXPECT_EQ(Endpoint::from_sockaddr(storage), endpoint(text));
    EXPECT_EQ(length, storage.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  }
  sockaddr_storage local{};
  local.ss_family = AF_UNIX;
  EXPECT_EQ(Endpoint::from_sockaddr(local), Endpoint{});
  sockaddr const* const none = nullptr;  // an interface may have no address
  EXPECT_EQ(Endpoint::from_sockaddr(none), Endpoint{});
}

TEST(Endpoint, OnlyAddressesOneHostCanHaveAreDialable) {
  for (char const* text : {"10.0.0.1:80", "127.0.0.1:80", "[::1]:80", "[2001:db8::1]:80",
                           "169.254.1.1:80", "223.255.255.255:80"}) {
    EXPECT_TRUE(endpoint(text).is_dialable()) << text;
  }
  for (char const* text :
       {"10.0.0.1:0", "0.0.0.0:80", "0.1.2.3:80", "224.0.0.1:80", "255.255.255.255:80",
        "240.0.0.1:80", "[::]:80", "[ff02::1]:80", "[fe80::1]:80", "[::10.0.0.1]:80",
        "[::ffff:0.0.0.0]:80", "[::ffff:224.0.0.1]:80"}) {
    EXPECT_FALSE(endpoint(text).is_dialable()) << text;
  }
  EXPECT_FALSE(Endpoint{}.is_dialable());
}

TEST(Endpoint, KnowsTheSpecialAddresses) {
  EXPECT_TRUE(endpoint("127.9.9.9:1").is_loopback());
  EXPECT_TRUE(endpoint("[::1]:1").is_loopback());
  EXPECT_FALSE(endpoint("[::2]:1").is_loopback());
  EXPECT_TRUE(endpoint("169.254.0.1:1").is_link_local());
  EXPECT_TRUE(endpoint("[febf::1]:1").is_link_local());
  EXPECT_FALSE(endpoint("[fec0::1]:1").is_link_local());
  EXPECT_TRUE(endpoint("239.0.0.1:1").is_multicast());
  EXPECT_TRUE(Endpoint::any(Family::kIpv6, 1).is_any());
  EXPECT_FALSE(Endpoint{}.is_any());
}

TEST(EndpointHash, SeparatesNeighbours) {
  std::unordered_set<std::size_t> seen;
  for (std::uint8_t host = 0; host < 64; ++host) {
    for (std::uint16_t port = 1; port <= 64; ++port) {
      seen.insert(EndpointHash{}(Endpoint::ipv4({10, 0, 0, host}, port)));
    }
  }

  EXPECT_EQ(seen.size(), 64u * 64u);
}

TEST(EndpointHash, OneOfNoFamilyHasOneToo) {
  EXPECT_EQ(EndpointHash{}(Endpoint{}), EndpointHash{}(Endpoint{}));
}

}  // namespace
}  // namespace btfast::net
