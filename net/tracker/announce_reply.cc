#include "net/tracker/announce_reply.h"

#include <algorithm>
#include <limits>

#include "engine/base/ascii.h"
#include "engine/base/bencode.h"
#include "engine/base/byte_io.h"
#include "engine/base/counted.h"

namespace btfast::net {
namespace {

using std::chrono::seconds;

constexpr std::size_t kWordsBytes = 256;
constexpr std::size_t kTrackerIdBytes = 512;
constexpr std::size_t kReplyTokens = 100'000;  // 10,000 peers as dictionaries, with room
constexpr std::size_t kNameBytes = 253;
constexpr std::size_t kAddressBytes = 64;  // the longest textual IPv6 address is 45

seconds clamp_interval(std::int64_t value, seconds lowest) noexcept {
  constexpr seconds kHighest = limits::kAnnounceIntervalMax;
  return std::clamp(seconds{std::clamp<std::int64_t>(value, 0, kHighest.count())}, lowest,
                    kHighest);
}

std::optional<std::uint32_t> count_of(std::optional<std::int64_t> value) noexcept {
  if (!value || *value < 0) return std::nullopt;
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(*value, kMost));
}

// The first fault of a reply stands for all.
void tell_once(std::string& fault, std::string_view key, std::string_view what) {
  if (fault.empty()) fault.append("\"").append(key).append("\" ").append(what);
}

// Collects what may be dialled, up to the limit.
class PeerCollector {
 public:
  PeerCollector(AnnounceReply& reply, ReplyRules const& rules)
      : peers_(reply.peers), names_(reply.names), fault_(reply.fault), rules_(rules) {
    reply.local_tracker = rules.local_tracker;
  }

  bool full() const noexcept { return peers_.size() >= limits::kTrackerPeers; }
  void add(std::optional<Endpoint> const& peer) {
    if (peer && !full() && may_dial(*peer, rules_.local_tracker)) peers_.push_back(*peer);
  }
  // A remainder shorter than an entry is dropped, and told.
  void add_compact(std::string_view key, std::span<std::byte const> packed,
                   std::size_t entry_size) {
    if (packed.size() % entry_size != 0) {
      tell(key, "is " + counted(packed.size(), "byte", "bytes") + " long, not a multiple of " +
                    std::to_string(entry_size));
    }
    while (packed.size() >= entry_size && !full()) {
      add(Endpoint::from_compact(packed.first(entry_size)));
      packed = packed.subspan(entry_size);
    }
  }
  void add_dicts(std::string_view key, bencode::Node list) {
    std::size_t passed_over = 0;
    for (auto entry = list.first(); entry && !full(); entry = entry->next()) {
      passed_over += add_dict(*entry) ? 0 : 1;
    }
    if (passed_over == 0) return;
    tell(key, "holds " + std::to_string(passed_over) + " without an \"ip\" and a \"port\"");
  }
  void tell(std::string_view key, std::string_view what) { tell_once(fault_, key, what); }

 private:
  bool add_dict(bencode::Node entry) {
    if (!entry.is_dict()) return false;
    auto const ip = entry.find_string("ip");
    auto const port = entry.find_integer("port");
    if (!ip || !port || *port < 1 || *port > 65'535) return false;
    add_text(*ip, static_cast<std::uint16_t>(*port));
    return true;
  }
  void add_text(std::string_view host, std::uint16_t port) {
    if (auto const peer = Endpoint::parse_address(host.substr(0, kAddressBytes), port)) {
      if (host.size() <= kAddressBytes) add(peer);
    } else if (is_peer_name(host) && names_.size() < kPeerNames) {
      names_.push_back({std::string{host}, port});
    }
  }

  std::vector<Endpoint>& peers_;
  std::vector<PeerName>& names_;
  std::string& fault_;  // the first one
  ReplyRules const& rules_;
};

void collect_peers(bencode::Node root, ReplyRules const& rules, AnnounceReply& reply) {
  PeerCollector collector{reply, rules};
  if (auto const node = root.find("peers")) {
    if (node->is_string()) {
      collector.add_compact("peers", as_bytes(node->string()), 6);
    } else if (node->is_list()) {
      collector.add_dicts("peers", *node);
    } else {
      collector.tell("peers", "is neither a string nor a list");
    }
  }
  if (auto const node = root.find("peers6")) {
    if (node->is_string()) {
      collector.add_compact("peers6", as_bytes(node->string()), 18);
    } else {
      collector.tell("peers6", "is not a string");
    }
  }
}

}  // namespace

bool may_dial(Endpoint const& peer, bool local_tracker) noexcept {
  if (peer.port() == 0 || peer.is_any() || peer.is_multicast()) return false;
  bool const is_near = peer.is_loopback() || peer.is_link_local();
  return is_near ? local_tracker : peer.is_dialable();
}

// A top-level domain has a letter, and "0x7f.1" and "10.1" are addresses to some resolvers.
bool is_peer_name(std::string_view host) noexcept {
  if (host.empty() || host.size() > kNameBytes) return false;
  auto const is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
  bool const clean = std::all_of(host.begin(), host.end(), [&](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  });
  auto const last = host.substr(host.rfind('.', host.size() - 2) + 1);
  return clean && !last.empty() && is_letter(last.front());
}

std::string tracker_words(std::string_view text) {
  if (text.size() <= kWordsBytes) return std::string{text};
  return std::string{text.substr(0, kWordsBytes)} + "...";
}

Result<HttpReply> parse_http_reply(std::span<std::byte const> body, ReplyRules const& rules) {
  bencode::Limits const bounds{.depth = limits::kTrackerReplyDepth,
                               .tokens = kReplyTokens,
                               .allow_trailing = true};  // some trackers end with a newline
  auto const tree = bencode::parse(body, bounds);
  if (!tree) {
    return Failure{Errc::kBadReply, "not a tracker's reply: " + parse_error_text(tree.error())};
  }
  auto const root = tree->root();
  if (!root.is_dict()) return Failure{Errc::kBadReply, "not a tracker's reply: no dictionary"};
  if (auto const reason = root.find_string("failure reason")) {
    return Failure{Errc::kRefused, tracker_words(*reason)};
  }

  HttpReply out;
  AnnounceReply& reply = out.reply;
  if (auto const rest = trimmed(as_text(body.subspan(tree->consumed()))); !rest.empty()) {
    reply.fault = counted(rest.size(), "byte follows", "bytes follow") + " its end";
    // The text "denied" begins with an empty dictionary.
    if (root.size() == 0) return Failure{Errc::kBadReply, "not a tracker's reply: " + reply.fault};
  }
  for (std::string_view const key : {"failure reason", "warning message"}) {
    auto const words = root.find(key);
    if (words && !words->is_string()) tell_once(reply.fault, key, "is not a string");
  }
  if (root.size() == 0 && reply.fault.empty()) reply.fault = "an empty dictionary";
  if (auto const interval = root.find_integer("interval")) {
    reply.interval = clamp_interval(*interval, rules.interval_min);
  }
  if (auto const least = root.find_integer("min interval")) {
    reply.min_interval = clamp_interval(*least, rules.interval_min);
    reply.interval = std::max(reply.interval, *reply.min_interval);
  }
  reply.seeders = count_of(root.find_integer("complete"));
  reply.leechers = count_of(root.find_integer("incomplete"));
  if (auto const words = root.find_string("warning message")) reply.warning = tracker_words(*words);
  if (auto const id = root.find_string("tracker id"); id && id->size() <= kTrackerIdBytes) {
    out.tracker_id = *id;
  }
  collect_peers(root, rules, reply);
  return out;
}

std::optional<AnnounceReply> parse_udp_reply(std::span<std::byte const> body, Family family,
                                             ReplyRules const& rules) {
  ByteReader in{body};
  auto const interval = in.u32();
  auto const leechers = in.u32();
  auto const seeders = in.u32();
  if (!in.ok()) return std::nullopt;

  AnnounceReply reply;
  reply.interval = clamp_interval(interval, rules.interval_min);
  reply.leechers = leechers;
  reply.seeders = seeders;
  PeerCollector{reply, rules}.add_compact("peers", in.rest(), family == Family::kIpv6 ? 18 : 6);
  return reply;
}

}  // namespace btfast::net
