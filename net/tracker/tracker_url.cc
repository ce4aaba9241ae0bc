#include "net/tracker/tracker_url.h"

#include <array>
#include <optional>

#include "engine/base/ascii.h"
#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"
#include "engine/base/url.h"

namespace btfast::net {
namespace {

constexpr std::size_t kShownBytes = 255;  // of a host, in messages

Failure bad_url(std::string_view why) { return Failure{Errc::kBadArgument, std::string{why}}; }

std::optional<TrackerScheme> scheme_named(std::string_view name) noexcept {
  if (name == "http") return TrackerScheme::kHttp;
  if (name == "https") return TrackerScheme::kHttps;
  if (name == "udp") return TrackerScheme::kUdp;
  return std::nullopt;
}

bool names_loopback(std::string_view host) {
  std::string const name = ascii_lower(host);
  if (name == "localhost" || name == "localhost.") return true;
  auto const address = Endpoint::parse_address(host, 1);
  return address && address->is_loopback();
}

std::uint16_t default_port(TrackerScheme scheme) noexcept {
  switch (scheme) {
    case TrackerScheme::kHttp:
      return 80;
    case TrackerScheme::kHttps:
      return 443;
    case TrackerScheme::kUdp:
      return 0;  // BEP 15 names none
  }
  return 0;
}

std::string_view rejection(TrackerUrl const& url) {
  if (url.port == 0) return "no port";
  if (has_parameter(url.query, "info_hash") || has_parameter(url.query, "event")) {
    return "the URL already carries announce parameters";
  }
  bool const asks_by_path = url.scheme != TrackerScheme::kUdp;
  if (asks_by_path && names_loopback(url.host)) return objection_to_local_path(url.path);
  return {};
}

}  // namespace

Result<TrackerUrl> parse_tracker_url(std::string_view text) {
  auto const parts = split_url(text);
  if (!parts) return bad_url(parts.error());
  auto const scheme = scheme_named(parts->scheme);
  if (!scheme) return bad_url("only http, https and udp trackers are asked");

  TrackerUrl url;
  url.scheme = *scheme;
  url.text = text.substr(0, text.find('#'));
  url.origin = parts->origin;
  url.host = parts->host;
  url.port = parts->port != 0 ? parts->port : default_port(*scheme);
  url.path = parts->path;
  url.query = parts->query;
  if (auto const why = rejection(url); !why.empty()) return bad_url(why);
  return url;
}

std::string_view objection_to_local_path(std::string_view path) noexcept {
  // As libtorrent asks it: /announce.php and /announce/PASSKEY too, but nothing that a server
  // could take for a way out.
  bool const good = path.starts_with("/announce") && path.find("/..") == std::string_view::npos &&
                    path.find('%') == std::string_view::npos;
  if (good) return {};
  return "a tracker on this machine is asked only where its path begins /announce";
}

std::string_view path_of_url(std::string_view url) noexcept {
  auto const text = url_text(url);
  return text.scheme.empty() ? std::string_view{} : text.path;
}

std::string tracker_url_for_people(std::string_view url) {
  auto const [scheme, authority, path, rest] = url_text(url);
  std::string out{scheme.substr(0, kShownBytes)};
  out += authority.substr(0, kShownBytes);
  bool const known = path.empty() || path == "/" || path == "/announce" || path == "/announce.php";
  out += known ? path : std::string_view{"/..."};
  if (known && rest.size() > 1) out += "?...";
  return out;
}

std::string percent_encode(std::span<std::byte const> bytes) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size() * 3);
  for (std::byte const b : bytes) {
    auto const c = static_cast<char>(b);
    bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    bool const digit = c >= '0' && c <= '9';
    if (letter || digit || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    auto const u = std::to_integer<unsigned>(b);
    out += '%';
    out += kHex[u >> 4];
    out += kHex[u & 15];
  }
  return out;
}

std::string announce_url(TrackerUrl const& url, AnnounceRequest const& request,
                         std::string_view tracker_id) {
  std::string out = url.origin + (url.path.empty() ? "/" : url.path) + '?';
  if (!url.query.empty()) out += url.query + '&';
  out += "info_hash=" + percent_encode(request.info_hash);
  out += "&peer_id=" + percent_encode(request.peer_id);
  out += "&port=" + std::to_string(request.port);
  out += "&uploaded=" + std::to_string(request.uploaded);
  out += "&downloaded=" + std::to_string(request.downloaded);
  out += "&left=" + std::to_string(request.left);
  out += "&compact=1&no_peer_id=1";
  out += "&numwant=" + std::to_string(request.numwant);
  std::array<std::byte, 4> key;
  store_be32(key.data(), request.key);
  out += "&key=" + to_hex(key);
  if (!tracker_id.empty()) out += "&trackerid=" + percent_encode(as_bytes(tracker_id));
  auto const event = announce_event_name(request.event);
  if (!event.empty()) out += "&event=" + std::string{event};
  return out;
}

std::string_view announce_event_name(AnnounceEvent event) noexcept {
  switch (event) {
    case AnnounceEvent::kNone:
      return {};
    case AnnounceEvent::kCompleted:
      return "completed";
    case AnnounceEvent::kStarted:
      return "started";
    case AnnounceEvent::kStopped:
      return "stopped";
  }
  return {};
}

}  // namespace btfast::net
