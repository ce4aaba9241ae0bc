// What trackers answer: bencoded over HTTP (BEP 3, 7, 23), packed over UDP (BEP 15).
// Nothing in a reply is believed further than it must be: intervals are clamped, peers
// counted, and addresses that only a local tracker can know are dropped from others.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/limits.h"
#include "net/tracker/tracker.h"

namespace btfast::net {

struct ReplyRules {
  std::chrono::seconds interval_min = limits::kAnnounceIntervalMin;
  // The tracker is on this machine or network, so its peers may be too.
  bool local_tracker = false;
};

struct HttpReply {
  AnnounceReply reply;
  std::string tracker_id;  // "tracker id": to be sent back; empty where none came
};

inline constexpr std::size_t kPeerNames = 50;  // used from one reply

// Whether a peer that such a tracker named may be connected to.
bool may_dial(Endpoint const& peer, bool local_tracker) noexcept;
// A name that DNS could know, and nothing that a resolver would take for an address.
bool is_peer_name(std::string_view host) noexcept;

// kRefused with the tracker's own words for a "failure reason"; kBadReply otherwise.
Result<HttpReply> parse_http_reply(std::span<std::byte const> body, ReplyRules const& rules);

// The announce reply after its action and transaction id: interval, leechers, seeders,
// then compact peers of `family`.  Empty when shorter than its fixed part.
std::optional<AnnounceReply> parse_udp_reply(std::span<std::byte const> body, Family family,
                                             ReplyRules const& rules);

// A stranger's words, cut to what is worth keeping.  Still raw: escape before printing.
std::string tracker_words(std::string_view text);

}  // namespace btfast::net
