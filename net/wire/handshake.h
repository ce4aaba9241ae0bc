// The 68-byte handshake of BEP 3 with the reserved bits of BEP 6 and BEP 10.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "engine/base/types.h"

namespace btfast::net {

inline constexpr std::size_t kHandshakeBytes = 68;
inline constexpr std::size_t kHandshakeTorrentBytes = 48;  // of them up to the info hash's end

struct Handshake {
  InfoHash info_hash{};
  PeerId peer_id{};
  bool fast_extension = false;      // BEP 6: reserved[7] & 0x04
  bool extension_protocol = false;  // BEP 10: reserved[5] & 0x10
  bool dht = false;                 // BEP 5: reserved[7] & 0x01

  bool operator==(Handshake const&) const = default;
};

std::array<std::byte, kHandshakeBytes> encode_handshake(Handshake const& handshake);
std::optional<Handshake> decode_handshake(std::span<std::byte const, kHandshakeBytes> wire);
// The torrent that the first bytes of a handshake name.
InfoHash handshake_torrent(std::span<std::byte const, kHandshakeTorrentBytes> so_far);
// False as soon as the bytes so far cannot become a BEP 3 handshake, so that junk is
// closed at its first wrong byte.
bool handshake_prefix_ok(std::span<std::byte const> so_far);

}  // namespace btfast::net
