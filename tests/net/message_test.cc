#include "net/wire/message.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

using test::bytes;
using test::Bytes;
using test::frame_of;

// One of every message, with fields whose bytes all differ.
std::vector<Message> samples() {
  static Bytes const bits = bytes(0xA5, 0x80);
  static Bytes const payload = bytes('d', 'e');
  return {Choke{},
          Unchoke{},
          Interested{},
          NotInterested{},
          Have{0x01020304},
          BitfieldMessage{bits},
          Request{0x01020304, 0x05060708, 0x090A0B0C},
          Cancel{0x11121314, 0x15161718, 0x191A1B1C},
          Port{0x1AE1},
          SuggestPiece{0x21222324},
          HaveAll{},
          HaveNone{},
          RejectRequest{0x31323334, 0x35363738, 0x393A3B3C},
          AllowedFast{0x41424344},
          Extended{7, payload}};
}

std::span<std::byte const> body_of(Bytes const& frame) { return std::span{frame}.subspan(4); }

TEST(EncodeMessage, WritesRequestAsBep3Says) {
  auto const wire = frame_of(Request{.piece = 1, .begin = 0x4000, .length = 0x4000});

  EXPECT_EQ(wire, bytes(0, 0, 0, 13, 6, 0, 0, 0, 1, 0, 0, 0x40, 0, 0, 0, 0x40, 0));
}

TEST(EncodeMessage, AppendsToWhatIsThere) {
  Bytes out = frame_of(Choke{});
  encode_message(Have{9}, out);

  EXPECT_EQ(out, bytes(0, 0, 0, 1, 0, 0, 0, 0, 5, 4, 0, 0, 0, 9));
}

TEST(EncodePieceHeader, CountsThePayloadThatFollows) {
  Bytes out;
  encode_piece_header({.piece = 2, .begin = 0x8000, .length = 0x4000}, out);

  EXPECT_EQ(out, bytes(0, 0, 0x40, 9, 7, 0, 0, 0, 2, 0, 0, 0x80, 0));
}

TEST(DecodeMessage, ReadsBackEveryMessageItWrote) {
  for (Message const& message : samples()) {
    auto const wire = frame_of(message);

    auto const decoded = decode_message(body_of(wire));

    ASSERT_TRUE(decoded) << message_name(message);
    EXPECT_EQ(decoded->index(), message.index());
    EXPECT_EQ(frame_of(*decoded), wire) << message_name(message);
  }
}

TEST(DecodeMessage, ReadsFieldsInWireOrder) {
  auto const decoded = decode_message(bytes(16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3));

  ASSERT_TRUE(decoded);
  auto const* reject = std::get_if<RejectRequest>(&*decoded);
  ASSERT_NE(reject, nullptr);
  EXPECT_EQ(reject->piece, 1u);
  EXPECT_EQ(reject->begin, 2u);
  EXPECT_EQ(reject->length, 3u);
}

TEST(DecodeMessage, RejectsEveryTruncationAndOneExtraByte) {
  for (Message const& message : samples()) {
    bool const open_ended = std::holds_alternative<BitfieldMessage>(message) ||
                            std::holds_alternative<Extended>(message);
    auto wire = frame_of(message);
    std::size_t const whole = body_of(wire).size();
    wire.push_back(std::byte{0});
    std::size_t const shortest = std::holds_alternative<Extended>(message) ? 2 : 1;

    for (std::size_t n = 0; n <= whole + 1; ++n) {
      bool const valid = open_ended ? n >= shortest : n == whole;
      EXPECT_EQ(decode_message(body_of(wire).first(n)).has_value(), valid)
          << message_name(message) << " cut to " << n << " of " << whole;
    }
  }
}

TEST(DecodeMessage, DoesNotKnowOtherIds) {
  std::set<int> const known{0, 1, 2, 3, 4, 5, 6, 8, 9, 13, 14, 15, 16, 17, 20};
  for (int id = 0; id < 256; ++id) {
    if (known.count(id) != 0) continue;
    for (std::size_t n : {1u, 3u, 5u, 13u}) {
      Bytes body(n);
      body[0] = static_cast<std::byte>(id);
      EXPECT_FALSE(decode_message(body)) << "id " << id << " length " << n;
    }
  }
}

TEST(MessageName, IsDifferentForEveryMessage) {
  std::set<std::string_view> names;
  for (Message const& message : samples()) names.insert(message_name(message));

  EXPECT_EQ(names.size(), std::variant_size_v<Message>);
}

}  // namespace
}  // namespace btfast::net
