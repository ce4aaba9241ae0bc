// What a tracker is asked over UDP, and its answers as bytes (BEP 15).  Options after an
// announce (BEP 41) are not needed and not read.
//
// Threads:   pure functions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "net/tracker/udp_packets.h"
#include "net/tracker_server/tracker_table.h"

namespace btfast::net {

inline constexpr std::size_t kUdpScrapeHashes = 74;  // BEP 15: about as many fit a datagram

struct UdpRequest {
  UdpAction action = UdpAction::kConnect;  // never kError
  std::uint64_t connection_id = 0;
  std::uint32_t transaction = 0;
  TrackerAnnounce announce;  // of kAnnounce, but for the address; numwant is what fits
  std::uint16_t port = 0;
  std::vector<InfoHash> info_hashes;  // of kScrape
};
// Empty for what deserves no answer: too short, an unknown action, a connect that does not
// carry the protocol's number.
std::optional<UdpRequest> parse_udp_request(std::span<std::byte const> datagram);

std::vector<std::byte> udp_connect_answer(std::uint32_t transaction, std::uint64_t connection_id);
std::vector<std::byte> udp_announce_answer(std::uint32_t transaction, TrackerAnswer const& answer,
                                           std::chrono::seconds interval);
std::vector<std::byte> udp_scrape_answer(std::uint32_t transaction,
                                         std::span<SwarmCounts const> swarms);
std::vector<std::byte> udp_error_answer(std::uint32_t transaction, std::string_view text);

}  // namespace btfast::net
