// TrackerUrl: an announce URL taken apart and found fit to ask, and the query a tracker
// is asked with (BEP 3, 23).
//
// A torrent is written by strangers, so its URLs are attacks until shown otherwise: only
// http, https and udp; no URL that already carries our parameters; a loopback tracker
// only where its path begins /announce, so that no other local service can be driven through us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/expected.h"
#include "net/tracker/tracker.h"

namespace btfast::net {

enum class TrackerScheme : std::uint8_t { kHttp, kHttps, kUdp };

struct TrackerUrl {
  TrackerScheme scheme = TrackerScheme::kHttp;
  std::string text;        // as given, without a fragment
  std::string origin;      // scheme://authority, as given
  std::string host;        // without the brackets of an IPv6 address
  std::uint16_t port = 0;  // the scheme's own where the URL names none
  std::string path;        // starts with '/', or empty
  std::string query;       // without its '?'
};

// kBadArgument with what is wrong, without the URL.
Result<TrackerUrl> parse_tracker_url(std::string_view text);

// Why a tracker on our own machine is not asked for this path; empty where it is.
std::string_view objection_to_local_path(std::string_view path) noexcept;
// The path of an http or https URL, for the same question about a redirect.
std::string_view path_of_url(std::string_view url) noexcept;

// For messages: scheme, host and port, and the path where it is /announce or /announce.php.
// What else follows may be a passkey, and a user's name and password stand before the host:
// both are left out, "..." in place of the former.
std::string tracker_url_for_people(std::string_view url);

// RFC 3986: unreserved characters as they are, every other byte as %XX.
std::string percent_encode(std::span<std::byte const> bytes);

// REQUIRES: an http or https URL.
std::string announce_url(TrackerUrl const& url, AnnounceRequest const& request,
                         std::string_view tracker_id);

// "started", "completed", "stopped"; empty for none.
std::string_view announce_event_name(AnnounceEvent event) noexcept;

}  // namespace btfast::net
