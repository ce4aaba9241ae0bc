#include "net/tracker_server/http_request.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "engine/base/ascii.h"

namespace btfast::net {
namespace {

std::optional<unsigned> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// Exactly 20 bytes, percent-encoded; a plus sign is itself, as clients mean it.
std::optional<Sha1Digest> decode_20_bytes(std::string_view text) noexcept {
  Sha1Digest out{};
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (size == out.size()) return std::nullopt;
    auto value = static_cast<unsigned>(static_cast<unsigned char>(text[i]));
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      auto const high = hex_digit(text[i + 1]);
      auto const low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      value = *high << 4 | *low;
      i += 2;
    }
    out[size++] = static_cast<std::byte>(value);
  }
  if (size != out.size()) return std::nullopt;
  return out;
}

// Calls `take(key, value)` for each parameter.
template <class F>
void for_each_parameter(std::string_view query, F&& take) {
  while (!query.empty()) {
    auto const end = query.find('&');
    auto const parameter = query.substr(0, end);
    auto const equals = parameter.find('=');
    if (equals != std::string_view::npos) {
      take(parameter.substr(0, equals), parameter.substr(equals + 1));
    }
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
  }
}

// The first value of each key that counts.
struct AnnounceFields {
  std::optional<std::string_view> info_hash, peer_id, port, left, event, numwant, compact,
      no_peer_id;

  std::optional<std::string_view>* of(std::string_view key) noexcept {
    if (key == "info_hash") return &info_hash;
    if (key == "peer_id") return &peer_id;
    if (key == "port") return &port;
    if (key == "left") return &left;
    if (key == "event") return &event;
    if (key == "numwant") return &numwant;
    if (key == "compact") return &compact;
    if (key == "no_peer_id") return &no_peer_id;
    return nullptr;  // "ip" too: the address is the one that asks
  }
};

AnnounceEvent event_of(std::string_view name) noexcept {
  if (name == "started") return AnnounceEvent::kStarted;
  if (name == "completed") return AnnounceEvent::kCompleted;
  if (name == "stopped") return AnnounceEvent::kStopped;
  return AnnounceEvent::kNone;
}

Failure refused(std::string text) { return {Errc::kBadArgument, std::move(text)}; }

bool is_target_character(char c) noexcept { return c > ' ' && c != '\x7f'; }

}  // namespace

HttpRequestHead parse_http_head(std::string_view text) noexcept {
  using State = HttpRequestHead::State;
  auto const line = text.substr(0, text.find("\r\n"));
  if (text.find("\r\n\r\n") == std::string_view::npos) {
    // Binary rubbish is refused before it fills the buffer.
    bool const plain = std::all_of(line.begin(), line.end(), [](char c) { return c >= ' '; });
    return {plain || line.ends_with('\r') ? State::kIncomplete : State::kMalformed, {}, {}};
  }
  auto const method_end = line.find(' ');
  auto const target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || target_end <= method_end + 1) {
    return {State::kMalformed, {}, {}};
  }
  auto target = line.substr(method_end + 1, target_end - method_end - 1);
  bool const good = target.starts_with('/') && line.substr(target_end + 1).starts_with("HTTP/1.") &&
                    std::all_of(target.begin(), target.end(), is_target_character);
  if (!good) return {State::kMalformed, {}, {}};
  if (line.substr(0, method_end) != "GET") return {State::kOtherMethod, {}, {}};
  target = target.substr(0, target.find('#'));
  auto const question = target.find('?');
  if (question == std::string_view::npos) return {State::kWhole, target, {}};
  return {State::kWhole, target.substr(0, question), target.substr(question + 1)};
}

Result<HttpAnnounce> parse_announce_query(std::string_view query) {
  AnnounceFields fields;
  for_each_parameter(query, [&](std::string_view key, std::string_view value) {
    auto* const field = fields.of(key);
    if (field != nullptr && !field->has_value()) *field = value;
  });
  auto const info_hash = decode_20_bytes(fields.info_hash.value_or(""));
  if (!info_hash) return refused("info_hash is missing or not 20 bytes");
  auto const peer_id = decode_20_bytes(fields.peer_id.value_or(""));
  if (!peer_id) return refused("peer_id is missing or not 20 bytes");
  auto const port = to_number<std::uint16_t>(fields.port.value_or(""));
  if (!port || *port == 0) return refused("port is missing or not 1 to 65535");
  // Left out: a client that cannot say counts as a leech.
  auto const left = to_number<std::uint64_t>(fields.left.value_or("1"));
  if (!left) return refused("left is not a number");

  HttpAnnounce out;
  out.announce.info_hash = *info_hash;
  out.announce.peer_id = *peer_id;
  out.announce.left = *left;
  out.announce.event = event_of(fields.event.value_or(""));
  auto const numwant = to_number<std::int64_t>(fields.numwant.value_or(""));
  if (numwant && *numwant >= 0) {
    constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
    out.announce.numwant = static_cast<std::uint32_t>(std::min(*numwant, kMost));
  }
  out.port = *port;
  out.compact = fields.compact != "0";
  out.no_peer_id = fields.no_peer_id == "1";
  return out;
}

Result<std::vector<InfoHash>> parse_scrape_query(std::string_view query) {
  std::vector<InfoHash> hashes;
  bool good = true;
  for_each_parameter(query, [&](std::string_view key, std::string_view value) {
    if (key != "info_hash") return;
    auto const hash = decode_20_bytes(value);
    good = good && hash.has_value();
    if (hash) hashes.push_back(*hash);
  });
  if (!good) return refused("info_hash is not 20 bytes");
  if (hashes.empty()) return refused("which info_hash? a full scrape is not given");
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

}  // namespace btfast::net
