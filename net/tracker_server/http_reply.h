// What a tracker answers over HTTP: bencoded bodies (BEP 3, 7, 23, 48) and the response
// around them.
//
// Threads: pure functions.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "net/tracker_server/tracker_table.h"

namespace btfast::net {

struct ReplyForm {
  bool compact = true;
  bool no_peer_id = false;
};

// Peers of both families: packed as "peers" and "peers6", or all in one list.
std::vector<std::byte> announce_body(TrackerAnswer const& answer, std::chrono::seconds interval,
                                     ReplyForm form);
// REQUIRES: sorted by info hash.
std::vector<std::byte> scrape_body(std::span<std::pair<InfoHash, SwarmCounts> const> swarms);
std::vector<std::byte> failure_body(std::string_view reason);

// `status`: "200 OK".  Says that the connection ends.
std::vector<std::byte> http_response(std::string_view status, std::span<std::byte const> body);

// An endpoint as BEP 23 and BEP 7 pack it: 6 or 18 bytes.
void append_compact(Endpoint const& endpoint, std::vector<std::byte>& out);

}  // namespace btfast::net
