#include "net/wire/handshake.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "engine/base/byte_io.h"

namespace btfast::net {
namespace {

// BEP 3: the name's length, the name, 8 reserved bytes, the info hash, the peer id.
constexpr std::string_view kProtocol =
    "\x13"
    "BitTorrent protocol";
constexpr std::size_t kReserved = 20;
constexpr std::size_t kInfoHash = 28;
constexpr std::size_t kPeerId = kHandshakeTorrentBytes;
static_assert(kProtocol.size() == kReserved);

constexpr std::size_t kExtensionByte = kReserved + 5;
constexpr std::byte kExtensionBit{0x10};
constexpr std::size_t kFastByte = kReserved + 7;
constexpr std::byte kFastBit{0x04};
constexpr std::size_t kDhtByte = kReserved + 7;
constexpr std::byte kDhtBit{0x01};

bool bit_set(std::byte byte, std::byte bit) { return (byte & bit) != std::byte{0}; }

}  // namespace

std::array<std::byte, kHandshakeBytes> encode_handshake(Handshake const& handshake) {
  std::array<std::byte, kHandshakeBytes> wire{};
  std::memcpy(wire.data(), kProtocol.data(), kProtocol.size());
  if (handshake.extension_protocol) wire[kExtensionByte] |= kExtensionBit;
  if (handshake.fast_extension) wire[kFastByte] |= kFastBit;
  if (handshake.dht) wire[kDhtByte] |= kDhtBit;
  std::copy(handshake.info_hash.begin(), handshake.info_hash.end(), wire.begin() + kInfoHash);
  std::copy(handshake.peer_id.begin(), handshake.peer_id.end(), wire.begin() + kPeerId);
  return wire;
}

std::optional<Handshake> decode_handshake(std::span<std::byte const, kHandshakeBytes> wire) {
  if (!handshake_prefix_ok(wire)) return std::nullopt;
  Handshake handshake;
  handshake.extension_protocol = bit_set(wire[kExtensionByte], kExtensionBit);
  handshake.fast_extension = bit_set(wire[kFastByte], kFastBit);
  handshake.dht = bit_set(wire[kDhtByte], kDhtBit);
  ByteReader ids{wire.subspan(kInfoHash)};
  handshake.info_hash = ids.array<20>();
  handshake.peer_id = ids.array<20>();
  return handshake;
}

InfoHash handshake_torrent(std::span<std::byte const, kHandshakeTorrentBytes> so_far) {
  return ByteReader{so_far.subspan(kInfoHash)}.array<20>();
}

bool handshake_prefix_ok(std::span<std::byte const> so_far) {
  // Reserved bits and both ids may be anything, so only the name can be wrong.
  auto const name = as_bytes(kProtocol);
  std::size_t const known = std::min(so_far.size(), name.size());
  return so_far.size() <= kHandshakeBytes &&
         std::equal(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(known),
                    so_far.begin());
}

}  // namespace btfast::net
