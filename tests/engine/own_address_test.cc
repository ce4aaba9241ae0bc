#include "engine/peers/own_address.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

net::Endpoint at(std::uint8_t host, std::uint16_t port = 6881) {
  return net::Endpoint::ipv4({8, 8, 8, host}, port);
}
net::Endpoint const kLocal = net::Endpoint::ipv4({192, 168, 1, 2}, 50'000);
net::Endpoint const kOutside = net::Endpoint::ipv4({9, 9, 9, 9}, 0);
net::Endpoint const kLie = net::Endpoint::ipv4({7, 7, 7, 7}, 0);

TEST(OwnAddress, IsThatOfOurSocketsUntilPeersAgree) {
  OwnAddress ours;
  EXPECT_EQ(ours.of(net::Family::kIpv4).family(), net::Family::kNone);

  EXPECT_TRUE(ours.on_connected_from(kLocal));
  EXPECT_FALSE(ours.on_connected_from(net::Endpoint::ipv4({192, 168, 1, 3}, 1)));

  EXPECT_EQ(ours.of(net::Family::kIpv4), kLocal.with_port(0));
  EXPECT_EQ(ours.of(net::Family::kIpv6).family(), net::Family::kNone);
}

TEST(OwnAddress, IsWhatThreePeersSay) {
  OwnAddress ours;
  ours.on_connected_from(kLocal);

  EXPECT_FALSE(ours.on_told(at(1), kOutside));
  EXPECT_FALSE(ours.on_told(at(2), kOutside));
  EXPECT_TRUE(ours.on_told(at(3), kOutside));
  EXPECT_FALSE(ours.on_told(at(4), kOutside));

  EXPECT_EQ(ours.of(net::Family::kIpv4), kOutside);
}

TEST(OwnAddress, HearsOneAddressOnceHoweverManyPortsItHas) {
  OwnAddress ours;
  ours.on_connected_from(kLocal);

  for (std::uint16_t port = 1; port < 100; ++port) ours.on_told(at(1, port), kLie);

  EXPECT_EQ(ours.of(net::Family::kIpv4), kLocal.with_port(0));
}

TEST(OwnAddress, DoesNotFollowAMinority) {
  OwnAddress ours;
  for (std::uint8_t host = 1; host <= 4; ++host) ours.on_told(at(host), kOutside);

  for (std::uint8_t host = 11; host <= 14; ++host) ours.on_told(at(host), kLie);

  EXPECT_EQ(ours.of(net::Family::kIpv4), kOutside);
}

TEST(OwnAddress, FollowsWhenItMoves) {
  OwnAddress ours;
  for (std::uint8_t host = 1; host <= 100; ++host) ours.on_told(at(host), kLie);

  for (std::uint8_t host = 101; host <= 140; ++host) ours.on_told(at(host), kOutside);

  EXPECT_EQ(ours.of(net::Family::kIpv4), kOutside) << "who told long ago is forgotten";
}

TEST(OwnAddress, IgnoresWhatNoHostCanHave) {
  OwnAddress ours;
  for (std::uint8_t host = 1; host <= 10; ++host) {
    ours.on_told(at(host), net::Endpoint::ipv4({0, 0, 0, 0}, 0));
    ours.on_told(at(host), net::Endpoint::ipv4({224, 0, 0, 1}, 0));
    ours.on_told(at(host), net::Endpoint{});
  }

  EXPECT_EQ(ours.of(net::Family::kIpv4).family(), net::Family::kNone);
}

}  // namespace
}  // namespace btfast
