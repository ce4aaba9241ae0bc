#include "net/wire/message.h"

#include <type_traits>

#include "engine/base/byte_io.h"

namespace btfast::net {
namespace {

template <class M>
concept NamesPiece =
    std::is_same_v<M, Have> || std::is_same_v<M, SuggestPiece> || std::is_same_v<M, AllowedFast>;
template <class M>
concept NamesBlock =
    std::is_same_v<M, Request> || std::is_same_v<M, Cancel> || std::is_same_v<M, RejectRequest>;

// One decoder a shape.  Each reads its fields in wire order and nothing else;
// decode_whole() checks that the payload was neither short nor long.
template <class M>
M decode(ByteReader&, std::type_identity<M>) {
  return {};
}
template <NamesPiece M>
M decode(ByteReader& in, std::type_identity<M>) {
  return {.piece = in.u32()};
}
template <NamesBlock M>
M decode(ByteReader& in, std::type_identity<M>) {
  return {.piece = in.u32(), .begin = in.u32(), .length = in.u32()};
}
BitfieldMessage decode(ByteReader& in, std::type_identity<BitfieldMessage>) {
  return {.bits = in.rest()};
}
Port decode(ByteReader& in, std::type_identity<Port>) { return {.port = in.u16()}; }
Extended decode(ByteReader& in, std::type_identity<Extended>) {
  return {.extension = in.u8(), .payload = in.rest()};
}

template <class M>
std::optional<Message> decode_whole(ByteReader in) {
  M const message = decode(in, std::type_identity<M>{});
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return message;
}

// The payload's encoders, one a shape, again in wire order.
template <class M>
void encode(M const&, ByteWriter&) {}
template <NamesPiece M>
void encode(M const& m, ByteWriter& out) {
  out.u32(m.piece);
}
template <NamesBlock M>
void encode(M const& m, ByteWriter& out) {
  out.u32(m.piece).u32(m.begin).u32(m.length);
}
void encode(BitfieldMessage const& m, ByteWriter& out) { out.bytes(m.bits); }
void encode(Port const& m, ByteWriter& out) { out.u16(m.port); }
void encode(Extended const& m, ByteWriter& out) { out.u8(m.extension).bytes(m.payload); }

constexpr std::string_view name_of(Choke const&) { return "choke"; }
constexpr std::string_view name_of(Unchoke const&) { return "unchoke"; }
constexpr std::string_view name_of(Interested const&) { return "interested"; }
constexpr std::string_view name_of(NotInterested const&) { return "not interested"; }
constexpr std::string_view name_of(Have const&) { return "have"; }
constexpr std::string_view name_of(BitfieldMessage const&) { return "bitfield"; }
constexpr std::string_view name_of(Request const&) { return "request"; }
constexpr std::string_view name_of(Cancel const&) { return "cancel"; }
constexpr std::string_view name_of(Port const&) { return "port"; }
constexpr std::string_view name_of(SuggestPiece const&) { return "suggest piece"; }
constexpr std::string_view name_of(HaveAll const&) { return "have all"; }
constexpr std::string_view name_of(HaveNone const&) { return "have none"; }
constexpr std::string_view name_of(RejectRequest const&) { return "reject request"; }
constexpr std::string_view name_of(AllowedFast const&) { return "allowed fast"; }
constexpr std::string_view name_of(Extended const&) { return "extended"; }

}  // namespace

std::optional<Message> decode_message(std::span<std::byte const> body) {
  if (body.empty()) return std::nullopt;
  ByteReader const payload{body.subspan(1)};
  switch (std::to_integer<std::uint8_t>(body[0])) {
    case Choke::kId:
      return decode_whole<Choke>(payload);
    case Unchoke::kId:
      return decode_whole<Unchoke>(payload);
    case Interested::kId:
      return decode_whole<Interested>(payload);
    case NotInterested::kId:
      return decode_whole<NotInterested>(payload);
    case Have::kId:
      return decode_whole<Have>(payload);
    case BitfieldMessage::kId:
      return decode_whole<BitfieldMessage>(payload);
    case Request::kId:
      return decode_whole<Request>(payload);
    case Cancel::kId:
      return decode_whole<Cancel>(payload);
    case Port::kId:
      return decode_whole<Port>(payload);
    case SuggestPiece::kId:
      return decode_whole<SuggestPiece>(payload);
    case HaveAll::kId:
      return decode_whole<HaveAll>(payload);
    case HaveNone::kId:
      return decode_whole<HaveNone>(payload);
    case RejectRequest::kId:
      return decode_whole<RejectRequest>(payload);
    case AllowedFast::kId:
      return decode_whole<AllowedFast>(payload);
    case Extended::kId:
      return decode_whole<Extended>(payload);
    default:
      return std::nullopt;
  }
}

void encode_message(Message const& message, std::vector<std::byte>& out) {
  std::size_t const start = out.size();
  ByteWriter writer{out};
  std::visit([&](auto const& m) { encode(m, writer.u32(0).u8(m.kId)); }, message);
  store_be32(out.data() + start, static_cast<std::uint32_t>(out.size() - start - 4));
}

void encode_piece_header(PieceHeader const& header, std::vector<std::byte>& out) {
  auto const wire = piece_header_bytes(header);
  out.insert(out.end(), wire.begin(), wire.end());
}

std::array<std::byte, kPieceHeaderBytes> piece_header_bytes(PieceHeader const& header) noexcept {
  std::array<std::byte, kPieceHeaderBytes> wire;
  store_be32(wire.data(), header.length + 9);
  wire[4] = std::byte{PieceHeader::kId};
  store_be32(wire.data() + 5, header.piece);
  store_be32(wire.data() + 9, header.begin);
  return wire;
}

std::string_view message_name(Message const& message) noexcept {
  return std::visit([](auto const& m) { return name_of(m); }, message);
}

}  // namespace btfast::net
