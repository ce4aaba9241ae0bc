// The extension handshake of BEP 10: what a peer says of itself, and ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/endpoint.h"

namespace btfast::net {

struct ExtensionHandshake {
  std::uint8_t ut_metadata = 0;  // message ids the sender wants; 0: not supported
  std::uint8_t ut_pex = 0;
  std::uint8_t lt_donthave = 0;
  std::string client;                        // "v", truncated to 64 bytes
  std::optional<std::uint16_t> listen_port;  // "p"
  std::optional<std::uint32_t> reqq;         // clamped to 1…limits::kReqqAdvertised * 8
  std::optional<std::uint32_t> metadata_size;
  bool upload_only = false;  // BEP 21
  Endpoint your_ip = {};     // the receiver's address, as the sender sees it; kNone: not said
};

std::optional<ExtensionHandshake> decode_extension_handshake(std::span<std::byte const> payload);
// The payload of an Extended message with extension id 0.
std::vector<std::byte> encode_extension_handshake(ExtensionHandshake const& handshake);

}  // namespace btfast::net
