#include "net/udp_listener.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <string>

#include "engine/base/byte_io.h"
#include "net/udp_socket.h"

namespace btfast::net {
namespace {

bool readable(int fd) {
  pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&wait, 1, 10'000) == 1;
}

// A question from a client whose socket is connected to `asked`, and the answer to it.
void expect_answered(UdpListener& server, Endpoint const& asked) {
  auto client = UdpSocket::connect(asked, {});
  ASSERT_TRUE(client);
  std::array<std::byte, 64> buffer;
  client->send(as_bytes("question"));
  ASSERT_TRUE(readable(server.fd()));
  auto const question = server.receive(buffer);
  ASSERT_EQ(question.result.bytes, 8u);

  server.send(as_bytes("answer"), question.from, question.to);

  ASSERT_TRUE(readable(client->fd())) << "no answer from the address that was asked";
  auto const answer = client->receive(buffer);
  EXPECT_EQ(as_text(std::span{buffer}.first(answer.bytes)), "answer");
}

TEST(UdpListener, AnswersWhoeverAsks) {
  auto server = UdpListener::open(*Endpoint::parse("127.0.0.1:0"));
  ASSERT_TRUE(server);

  expect_answered(*server, server->local());
}

TEST(UdpListener, AnswersFromTheAddressThatWasAsked) {
  auto server = UdpListener::open(Endpoint::any(Family::kIpv4, 0));
  ASSERT_TRUE(server);

  expect_answered(*server, *Endpoint::parse("127.0.0.7:" + std::to_string(server->local().port())));
}

TEST(UdpListener, AnswersOverIpv6) {
  auto server = UdpListener::open(Endpoint::any(Family::kIpv6, 0));
  if (!server) GTEST_SKIP() << "no IPv6 here";
  auto const asked = *Endpoint::parse_address("::1", server->local().port());
  auto probe = UdpSocket::connect(asked, asked.with_port(0));
  if (!probe) GTEST_SKIP() << "no ::1 here";

  expect_answered(*server, asked);
}

TEST(UdpListener, SaysThatAPortIsTaken) {
  auto const first = UdpListener::open(*Endpoint::parse("127.0.0.1:0"));
  ASSERT_TRUE(first);

  auto const second = UdpListener::open(first->local());

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kBusy);
}

TEST(UdpListener, HasNothingWhereNothingCame) {
  auto server = UdpListener::open(*Endpoint::parse("127.0.0.1:0"));
  ASSERT_TRUE(server);
  std::array<std::byte, 8> buffer;

  EXPECT_EQ(server->receive(buffer).result.kind, IoResult::Kind::kWouldBlock);
}

}  // namespace
}  // namespace btfast::net
