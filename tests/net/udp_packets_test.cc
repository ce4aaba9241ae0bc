#include "net/tracker/udp_packets.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/byte_io.h"
#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

using test::bytes;

TEST(UdpPackets, AConnectIsSixteenBytesWithTheProtocolId) {
  EXPECT_EQ(udp_connect_packet(0x01020304),
            bytes(0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80, 0, 0, 0, 0, 1, 2, 3, 4));
}

TEST(UdpPackets, AnAnnounceIs98BytesAndItsUrlDataOptions) {
  AnnounceRequest const request{.port = 0x1ae1};

  auto const plain = udp_announce_packet(9, 7, request, "");
  auto const with_path = udp_announce_packet(9, 7, request, "/a?b");
  auto const with_long = udp_announce_packet(9, 7, request, std::string(300, 'x'));

  ASSERT_EQ(plain.size(), 98u);
  EXPECT_EQ(plain[96], std::byte{0x1a});
  EXPECT_EQ(plain[97], std::byte{0xe1});
  EXPECT_EQ(as_text(std::span{with_path}.subspan(98)), "\x02\x04/a?b");
  ASSERT_EQ(with_long.size(), 98u + 2 + 255 + 2 + 45);
  EXPECT_EQ(with_long[98 + 1], std::byte{255});
  EXPECT_EQ(with_long[98 + 257 + 1], std::byte{45});
}

TEST(UdpPackets, AnAnswerHasAKnownActionAndATransaction) {
  auto const error = bytes(0, 0, 0, 3, 0, 0, 0, 9, 'n', 'o');

  auto const answer = parse_udp_answer(error);

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->action, UdpAction::kError);
  EXPECT_EQ(answer->transaction, 9u);
  EXPECT_EQ(as_text(answer->body), "no");
  EXPECT_FALSE(parse_udp_answer(bytes(0, 0, 0, 4, 0, 0, 0, 9)));
  for (std::size_t n = 0; n < 8; ++n) EXPECT_FALSE(parse_udp_answer(std::span{error}.first(n)));
}

TEST(UdpPackets, AConnectionIdNeedsEightBytes) {
  auto const body = bytes(1, 2, 3, 4, 5, 6, 7, 8);

  EXPECT_EQ(parse_connection_id(body), 0x0102030405060708u);
  EXPECT_FALSE(parse_connection_id(std::span{body}.first(7)));
}

}  // namespace
}  // namespace btfast::net
