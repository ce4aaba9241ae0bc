#include "net/tracker/udp_packets.h"

#include <algorithm>

#include "engine/base/byte_io.h"

namespace btfast::net {
namespace {

constexpr std::uint8_t kOptionUrlData = 2;  // BEP 41
constexpr std::size_t kOptionBytes = 255;

}  // namespace

std::optional<UdpAnswer> parse_udp_answer(std::span<std::byte const> datagram) noexcept {
  ByteReader in{datagram};
  auto const action = in.u32();
  auto const transaction = in.u32();
  if (!in.ok() || action > raw(UdpAction::kError)) return std::nullopt;
  return UdpAnswer{static_cast<UdpAction>(action), transaction, in.rest()};
}

std::optional<std::uint64_t> parse_connection_id(std::span<std::byte const> body) noexcept {
  ByteReader in{body};
  auto const id = in.u64();
  if (!in.ok()) return std::nullopt;
  return id;
}

std::vector<std::byte> udp_connect_packet(std::uint32_t transaction) {
  std::vector<std::byte> packet;
  ByteWriter{packet}.u64(kUdpProtocolId).u32(raw(UdpAction::kConnect)).u32(transaction);
  return packet;
}

std::vector<std::byte> udp_announce_packet(std::uint64_t connection_id, std::uint32_t transaction,
                                           AnnounceRequest const& request,
                                           std::string_view url_data) {
  std::vector<std::byte> packet;
  packet.reserve(98 + url_data.size() + 16);
  ByteWriter out{packet};
  out.u64(connection_id).u32(raw(UdpAction::kAnnounce)).u32(transaction);
  out.bytes(request.info_hash).bytes(request.peer_id);
  out.u64(request.downloaded).u64(request.left).u64(request.uploaded);
  out.u32(static_cast<std::uint32_t>(request.event));
  out.u32(0);  // our address: the one this comes from
  out.u32(request.key).u32(request.numwant).u16(request.port);
  while (!url_data.empty()) {
    auto const part = url_data.substr(0, kOptionBytes);
    out.u8(kOptionUrlData).u8(static_cast<std::uint8_t>(part.size())).text(part);
    url_data.remove_prefix(part.size());
  }
  return packet;
}

}  // namespace btfast::net
