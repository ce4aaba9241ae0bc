// The peer wire messages of BEP 3, BEP 6 and BEP 10 as plain values.  Nothing here
// is validated against a torrent: an index is only "what the peer said".
//
// Spans in a decoded message point into the receive buffer and live as long as
// the callback that delivers them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace btfast::net {

struct Choke {
  static constexpr std::uint8_t kId = 0;
};
struct Unchoke {
  static constexpr std::uint8_t kId = 1;
};
struct Interested {
  static constexpr std::uint8_t kId = 2;
};
struct NotInterested {
  static constexpr std::uint8_t kId = 3;
};
struct Have {
  static constexpr std::uint8_t kId = 4;
  std::uint32_t piece = 0;
};
struct BitfieldMessage {
  static constexpr std::uint8_t kId = 5;
  std::span<std::byte const> bits;
};
struct Request {
  static constexpr std::uint8_t kId = 6;
  std::uint32_t piece = 0, begin = 0, length = 0;
};
// Encoding writes the 13-byte header only; received blocks come through
// PeerObserver::on_block_*, never as a Message.
struct PieceHeader {
  static constexpr std::uint8_t kId = 7;
  std::uint32_t piece = 0, begin = 0, length = 0;
};
struct Cancel {
  static constexpr std::uint8_t kId = 8;
  std::uint32_t piece = 0, begin = 0, length = 0;
};
struct Port {
  static constexpr std::uint8_t kId = 9;
  std::uint16_t port = 0;
};
struct SuggestPiece {
  static constexpr std::uint8_t kId = 13;
  std::uint32_t piece = 0;
};
struct HaveAll {
  static constexpr std::uint8_t kId = 14;
};
struct HaveNone {
  static constexpr std::uint8_t kId = 15;
};
struct RejectRequest {
  static constexpr std::uint8_t kId = 16;
  std::uint32_t piece = 0, begin = 0, length = 0;
};
struct AllowedFast {
  static constexpr std::uint8_t kId = 17;
  std::uint32_t piece = 0;
};
struct Extended {
  static constexpr std::uint8_t kId = 20;
  std::uint8_t extension = 0;
  std::span<std::byte const> payload;
};

using Message =
    std::variant<Choke, Unchoke, Interested, NotInterested, Have, BitfieldMessage, Request, Cancel,
                 Port, SuggestPiece, HaveAll, HaveNone, RejectRequest, AllowedFast, Extended>;

// `body` is one whole message after its length prefix: the id byte and payload.
// Empty means malformed, or an id that decode does not know.
std::optional<Message> decode_message(std::span<std::byte const> body);
// Appends the whole frame, length prefix included.
void encode_message(Message const& message, std::vector<std::byte>& out);
// The 13 bytes before a block's payload: length prefix, id, piece, begin.
inline constexpr std::size_t kPieceHeaderBytes = 13;
std::array<std::byte, kPieceHeaderBytes> piece_header_bytes(PieceHeader const& header) noexcept;
void encode_piece_header(PieceHeader const& header, std::vector<std::byte>& out);
std::string_view message_name(Message const& message) noexcept;

}  // namespace btfast::net
