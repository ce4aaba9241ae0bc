#include "net/wire/handshake.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

using test::append;
using test::bytes;
using test::Bytes;
using test::text_bytes;

Handshake sample() {
  Handshake handshake;
  for (std::size_t i = 0; i < 20; ++i) {
    handshake.info_hash[i] = static_cast<std::byte>(0x40 + i);
    handshake.peer_id[i] = static_cast<std::byte>(0x80 + i);
  }
  return handshake;
}

TEST(EncodeHandshake, WritesTheNameTheReservedBitsAndBothIds) {
  auto handshake = sample();
  handshake.fast_extension = true;
  handshake.extension_protocol = true;
  handshake.dht = true;
  Bytes expected = text_bytes(
      "\x13"
      "BitTorrent protocol");
  append(expected, bytes(0, 0, 0, 0, 0, 0x10, 0, 0x05));
  append(expected, handshake.info_hash);
  append(expected, handshake.peer_id);

  auto const wire = encode_handshake(handshake);

  EXPECT_TRUE(std::equal(wire.begin(), wire.end(), expected.begin(), expected.end()));
}

TEST(DecodeHandshake, ReadsBackEachCombinationOfBits) {
  for (int bits = 0; bits < 8; ++bits) {
    auto handshake = sample();
    handshake.fast_extension = (bits & 1) != 0;
    handshake.extension_protocol = (bits & 2) != 0;
    handshake.dht = (bits & 4) != 0;

    EXPECT_EQ(decode_handshake(encode_handshake(handshake)), handshake) << bits;
  }
}

TEST(DecodeHandshake, IgnoresReservedBitsItDoesNotKnow) {
  auto wire = encode_handshake(sample());
  for (std::size_t i = 20; i < 28; ++i) wire[i] = std::byte{0xFF};
  wire[25] = std::byte{0xEF};
  wire[27] = std::byte{0xFA};

  EXPECT_EQ(decode_handshake(wire), sample());
}

TEST(DecodeHandshake, RefusesAnyOtherProtocolName) {
  for (std::size_t i = 0; i < 20; ++i) {
    auto wire = encode_handshake(sample());
    wire[i] ^= std::byte{0x20};

    EXPECT_FALSE(decode_handshake(wire)) << "byte " << i;
  }
}

TEST(HandshakeTorrent, IsNamedByTheFirst48Bytes) {
  auto const wire = encode_handshake(sample());

  EXPECT_EQ(handshake_torrent(std::span{wire}.first<kHandshakeTorrentBytes>()), sample().info_hash);
}

TEST(HandshakePrefix, IsGoodAtEveryLengthOfAHandshakeAndNoFurther) {
  auto const wire = encode_handshake(sample());
  for (std::size_t n = 0; n <= wire.size(); ++n) {
    EXPECT_TRUE(handshake_prefix_ok(std::span{wire}.first(n))) << n;
  }
  Bytes longer{wire.begin(), wire.end()};
  longer.push_back(std::byte{0});

  EXPECT_FALSE(handshake_prefix_ok(longer));
}

TEST(HandshakePrefix, IsBadFromTheFirstWrongByte) {
  for (std::size_t i = 0; i < 20; ++i) {
    auto wire = encode_handshake(sample());
    wire[i] ^= std::byte{1};

    EXPECT_TRUE(handshake_prefix_ok(std::span{wire}.first(i))) << "byte " << i;
    EXPECT_FALSE(handshake_prefix_ok(std::span{wire}.first(i + 1))) << "byte " << i;
  }
}

}  // namespace
}  // namespace btfast::net
