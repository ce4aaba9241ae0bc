#include "net/tracker/tracker_url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"

namespace btfast::net {
namespace {

constexpr std::size_t kUrlBytes = 4096;   // passkeys fit; a megabyte of junk does not
constexpr std::size_t kShownBytes = 255;  // of a host, in messages

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

Failure bad_url(std::string_view why) { return Failure{Errc::kBadArgument, std::string{why}}; }

std::optional<TrackerScheme> scheme_named(std::string_view name) noexcept {
  if (equals_ignoring_case(name, "http")) return TrackerScheme::kHttp;
  if (equals_ignoring_case(name, "https")) return TrackerScheme::kHttps;
  if (equals_ignoring_case(name, "udp")) return TrackerScheme::kUdp;
  return std::nullopt;
}

bool is_clean(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    auto const u = static_cast<unsigned char>(c);
    return u <= 0x20 || u == 0x7f || c == '\\';
  });
}

// "host", "host:80", "[::1]:80", after any user:password@.
bool split_authority(std::string_view authority, TrackerUrl& url) {
  if (auto const at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    auto const close = authority.find(']');
    if (close == std::string_view::npos) return false;
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.empty() && authority.front() != ':') return false;
    if (!Endpoint::parse_address(url.host, 1)) return false;
    if (!authority.empty()) port = authority.substr(1);
  } else {
    auto const colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  if (url.host.empty() || url.host.size() > 253) return false;
  if (port.empty()) return true;
  auto const* const end = port.data() + port.size();
  auto const parsed = std::from_chars(port.data(), end, url.port);
  return parsed.ec == std::errc{} && parsed.ptr == end && url.port != 0;
}

bool carries_our_parameters(std::string_view query) noexcept {
  auto const starts = [&](std::size_t at, std::string_view name) {
    return equals_ignoring_case(query.substr(at, name.size()), name);
  };
  for (std::size_t at = 0; at < query.size(); ++at) {
    if (at > 0 && query[at - 1] != '&' && query[at - 1] != ';' && query[at - 1] != '?') continue;
    if (starts(at, "info_hash=") || starts(at, "event=")) return true;
  }
  return false;
}

bool names_loopback(std::string const& host) {
  if (equals_ignoring_case(host, "localhost") || equals_ignoring_case(host, "localhost.")) {
    return true;
  }
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
  if (carries_our_parameters(url.query)) return "the URL already carries announce parameters";
  bool const asks_by_path = url.scheme != TrackerScheme::kUdp;
  if (asks_by_path && names_loopback(url.host) && !is_announce_path(url.path)) {
    return "a tracker on this machine is asked only where its path begins /announce";
  }
  return {};
}

}  // namespace

Result<TrackerUrl> parse_tracker_url(std::string_view text) {
  if (text.size() > kUrlBytes) return bad_url("URL too long");
  if (!is_clean(text)) return bad_url("control character, space or backslash in URL");
  auto const colon = text.find("://");
  if (colon == std::string_view::npos) return bad_url("not a URL");
  auto const scheme = scheme_named(text.substr(0, colon));
  if (!scheme) return bad_url("only http, https and udp trackers are asked");

  TrackerUrl url;
  url.scheme = *scheme;
  url.text = text.substr(0, text.find('#'));
  url.port = default_port(*scheme);
  std::string_view rest = std::string_view{url.text}.substr(colon + 3);
  auto const authority_end = std::min(rest.find_first_of("/?"), rest.size());
  if (!split_authority(rest.substr(0, authority_end), url)) return bad_url("bad host or port");
  rest.remove_prefix(authority_end);
  url.origin = url.text.substr(0, url.text.size() - rest.size());
  auto const question = std::min(rest.find('?'), rest.size());
  url.path = rest.substr(0, question);
  if (question < rest.size()) url.query = rest.substr(question + 1);

  if (auto const why = rejection(url); !why.empty()) return bad_url(why);
  return url;
}

bool is_announce_path(std::string_view path) noexcept {
  // As libtorrent asks it: /announce.php and /announce/PASSKEY too, but nothing that a server
  // could take for a way out.
  return path.starts_with("/announce") && path.find("/..") == std::string_view::npos &&
         path.find('%') == std::string_view::npos;
}

std::string_view path_of_url(std::string_view url) noexcept {
  auto const colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  url.remove_prefix(colon + 3);
  url.remove_prefix(std::min(url.find_first_of("/?#"), url.size()));
  return url.substr(0, url.find_first_of("?#"));
}

std::string tracker_url_for_people(std::string_view url) {
  auto const colon = url.find("://");
  std::size_t const host_at = colon == std::string_view::npos ? 0 : colon + 3;
  auto rest = url.substr(host_at);
  auto const end = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = rest.substr(0, end);
  if (auto const at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  auto const path = rest.substr(end, rest.find_first_of("?#", end) - end);
  auto const query = rest.substr(end + path.size());
  std::string out{url.substr(0, std::min<std::size_t>(host_at, kShownBytes))};
  out += authority.substr(0, kShownBytes);
  bool const known = path.empty() || path == "/" || path == "/announce" || path == "/announce.php";
  out += known ? path : std::string_view{"/..."};
  if (known && query.size() > 1) out += "?...";
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
