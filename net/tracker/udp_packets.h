// The packets of the UDP tracker protocol (BEP 15, with BEP 41's URL data), as bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "net/tracker/tracker.h"

namespace btfast::net {

inline constexpr std::uint64_t kUdpProtocolId = 0x41727101980;  // in place of a connection's id

enum class UdpAction : std::uint32_t { kConnect = 0, kAnnounce = 1, kScrape = 2, kError = 3 };
constexpr std::uint32_t raw(UdpAction action) noexcept {
  return static_cast<std::uint32_t>(action);
}

// The head of every answer.
struct UdpAnswer {
  UdpAction action = UdpAction::kError;
  std::uint32_t transaction = 0;
  std::span<std::byte const> body;  // what follows
};
std::optional<UdpAnswer> parse_udp_answer(std::span<std::byte const> datagram) noexcept;
// Of a connect answer's body; empty when it is too short.
std::optional<std::uint64_t> parse_connection_id(std::span<std::byte const> body) noexcept;

std::vector<std::byte> udp_connect_packet(std::uint32_t transaction);
// `url_data`: path and query of the tracker's URL, empty for none (BEP 41).
std::vector<std::byte> udp_announce_packet(std::uint64_t connection_id, std::uint32_t transaction,
                                           AnnounceRequest const& request,
                                           std::string_view url_data);

}  // namespace btfast::net
