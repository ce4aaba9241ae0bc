#include "cli/peer_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/text.h"

namespace btfast::cli {
namespace {

using net::CloseReason;

constexpr std::size_t kDetailBytes = 80;

// After "it" or "1", and after "they" or "2".
struct Verb {
  std::string_view one;
  std::string_view many;
};

Verb same(std::string_view words) { return {words, words}; }

Verb verb_of(PeerEnds::Kind kind) {
  switch (kind.reason) {
    case CloseReason::kPeerClosed:
      if (kind.handshake) return same("closed the connection");
      return {"closed the connection before its handshake",
              "closed the connection before their handshakes"};
    case CloseReason::kConnectFailed:
      return same("could not be reached");
    case CloseReason::kConnectTimeout:
      return same("did not answer");
    case CloseReason::kHandshakeTimeout:
      return same("sent no handshake");
    case CloseReason::kIdleTimeout:
      return same("fell silent");
    case CloseReason::kIoError:
      return same("broke off");
    case CloseReason::kBadHandshake:
      return same("sent a bad handshake");
    case CloseReason::kWrongTorrent:
      return {"has another torrent", "have another torrent"};
    case CloseReason::kSelf:
      return {"is this program itself", "are this program itself"};
    case CloseReason::kProtocolError:
    case CloseReason::kUnsolicitedBlock:
    case CloseReason::kFlood:
      return same("broke the protocol");
    case CloseReason::kBanned:
      return same("sent bad data");
    case CloseReason::kBothSeeds:
      return {"is a seed too", "are seeds too"};
    case CloseReason::kNotUseful:
      return {"was of no use", "were of no use"};
    default:
      return same("left");
  }
}

std::string name_of(net::Endpoint const& peer) {
  return peer.port() == 0 ? peer.address_string() : peer.to_string();
}

// The other torrent's hash says nothing to people.
std::string example_of(PeerEnds::Count const& end) {
  std::string text = " (" + name_of(end.example);
  if (!end.detail.empty() && end.kind.reason != CloseReason::kWrongTorrent) {
    text += ": " + end.detail.substr(0, kDetailBytes);
  }
  return text + ")";
}

// "2 have another torrent"; of a peer that is the only one the number is said already.
std::string clause(std::size_t peers, bool alone, Verb verb) {
  return (alone ? "" : fmt::format("{} ", peers)) + std::string{peers == 1 ? verb.one : verb.many};
}

std::string connected_clause(PeerScene const& scene, bool alone) {
  auto const connected = [&](std::string_view one, std::string_view many) {
    return clause(scene.connected, alone, {one, many});
  };
  if (scene.giving == 0) {
    return connected("is connected and chokes us", "are connected and choke us");
  }
  std::string text = connected("is connected", "are connected");
  if (scene.giving >= scene.connected) return text + " and sending nothing";
  return text + fmt::format(" and sending nothing, {} choking us", scene.connected - scene.giving);
}

std::size_t sum(PeerEndCounts const& ends, std::size_t from) {
  std::size_t peers = 0;
  for (std::size_t i = from; i < ends.size(); ++i) peers += ends[i].peers;
  return peers;
}

}  // namespace

std::string peers_text(PeerScene const& scene) {
  std::size_t const known = scene.connected + scene.awaited + sum(scene.ends, 0);
  if (known == 0) return {};
  bool const alone = known == 1;
  std::vector<std::string> clauses;
  if (scene.connected > 0) clauses.push_back(connected_clause(scene, alone));
  if (scene.awaited > 0) {
    clauses.push_back(
        clause(scene.awaited, alone, {"has not answered yet", "have not answered yet"}));
  }
  for (std::size_t i = 0; i < std::min(scene.ends.size(), kKindsShown); ++i) {
    auto const& end = scene.ends[i];
    clauses.push_back(clause(end.peers, alone, verb_of(end.kind)) + example_of(end));
  }
  if (std::size_t const others = sum(scene.ends, kKindsShown); others > 0) {
    clauses.push_back(fmt::format("{} left otherwise", others));
  }
  std::string const head = alone ? "the only peer known " : fmt::format("{} peers known: ", known);
  return head + fmt::format("{}", fmt::join(clauses, ", "));
}

bool anybody_reached(PeerScene const& scene) noexcept {
  return scene.connected > 0 || std::ranges::any_of(scene.ends, [](auto const& end) {
           return end.kind.reason != CloseReason::kConnectFailed &&
                  end.kind.reason != CloseReason::kConnectTimeout;
         });
}

nlohmann::ordered_json peer_ends_json(PeerEndCounts const& ends) {
  auto all = nlohmann::ordered_json::array();
  for (auto const& end : ends) {
    all.push_back({{"reason", close_reason_name(end.kind.reason)},
                   {"handshake", end.kind.handshake},
                   {"peers", end.peers},
                   {"peer", name_of(end.example)},
                   {"detail", end.detail}});
  }
  return all;
}

}  // namespace btfast::cli
