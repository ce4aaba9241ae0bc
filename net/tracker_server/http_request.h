// What a tracker is asked over HTTP: the head of a GET request, and the queries of an
// announce (BEP 3, 7, 23) and a scrape (BEP 48).  A parser of our own, for all a tracker
// needs of HTTP is one line of text: no header is read, no body, no connection is kept, so
// there is nothing for a library to add but its own state and limits.
//
// Threads:   pure functions.
// Ownership: views point into the text that was parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "net/tracker_server/tracker_table.h"

namespace btfast::net {

inline constexpr std::size_t kHttpRequestBytes = 8 * 1024;  // of a whole request

struct HttpRequestHead {
  enum class State : std::uint8_t { kIncomplete, kWhole, kMalformed, kOtherMethod };
  State state = State::kIncomplete;
  std::string_view path;   // starts with '/', not decoded
  std::string_view query;  // without its '?'
};
HttpRequestHead parse_http_head(std::string_view text) noexcept;

struct HttpAnnounce {
  TrackerAnnounce announce;  // but for the address: `announce.peer` is not set
  std::uint16_t port = 0;
  bool compact = true;
  bool no_peer_id = false;
};
// The failure's text is for the asker.
Result<HttpAnnounce> parse_announce_query(std::string_view query);
// At least one info hash; sorted, each once.
Result<std::vector<InfoHash>> parse_scrape_query(std::string_view query);

}  // namespace btfast::net
