#include "net/udp_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

struct Bound {
  Fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  Endpoint endpoint;
};

Bound bound_socket() {
  Bound bound;
  sockaddr_storage storage{};
  socklen_t length = Endpoint::ipv4({127, 0, 0, 1}, 0).to_sockaddr(storage);
  auto* const raw = reinterpret_cast<sockaddr*>(&storage);
  EXPECT_EQ(::bind(bound.fd.get(), raw, length), 0);
  length = sizeof storage;
  EXPECT_EQ(::getsockname(bound.fd.get(), raw, &length), 0);
  bound.endpoint = Endpoint::from_sockaddr(storage);
  return bound;
}

TEST(UdpSocket, HasNothingToReceiveAtFirst) {
  auto const other = bound_socket();
  auto socket = UdpSocket::connect(other.endpoint, {});
  ASSERT_TRUE(socket);
  std::array<std::byte, 16> into;

  EXPECT_EQ(socket->receive(into).kind, IoResult::Kind::kWouldBlock);
}

TEST(UdpSocket, SendsAndReceivesWholeDatagrams) {
  auto const other = bound_socket();
  auto socket = UdpSocket::connect(other.endpoint, *Endpoint::parse("127.0.0.2:0"));
  ASSERT_TRUE(socket);

  ASSERT_EQ(socket->send(test::bytes(1, 2, 3)).bytes, 3u);
  std::array<std::byte, 16> into;
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  auto* const raw = reinterpret_cast<sockaddr*>(&from);
  ASSERT_EQ(::recvfrom(other.fd.get(), into.data(), into.size(), 0, raw, &length), 3);
  ASSERT_EQ(::sendto(other.fd.get(), into.data(), 2, 0, raw, length), 2);

  EXPECT_EQ(Endpoint::from_sockaddr(from).address_string(), "127.0.0.2");
  EXPECT_EQ(socket->receive(into).bytes, 2u);
}

TEST(UdpSocket, HearsThatAPortIsClosed) {
  Endpoint gone;
  { gone = bound_socket().endpoint; }
  auto socket = UdpSocket::connect(gone, {});
  ASSERT_TRUE(socket);
  std::array<std::byte, 16> into;

  (void)socket->send(test::bytes(1));
  auto const result = socket->receive(into);

  EXPECT_EQ(result.kind, IoResult::Kind::kError);
  EXPECT_EQ(result.sys_errno, ECONNREFUSED);
}

TEST(UdpSocket, ASourceThatIsNotOursIsAnError) {
  auto const socket =
      UdpSocket::connect(*Endpoint::parse("127.0.0.1:9"), *Endpoint::parse("192.0.2.1:0"));

  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().sys_errno, EADDRNOTAVAIL);
}

}  // namespace
}  // namespace btfast::net
