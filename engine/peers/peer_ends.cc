#include "engine/peers/peer_ends.h"

#include <algorithm>

#include "engine/base/limits.h"

namespace btfast {
namespace {

constexpr std::size_t kDetailBytes = 200;

// Whether we ended it for reasons of our own, which say nothing of the peer.
bool is_ours(net::CloseReason reason) noexcept {
  switch (reason) {
    case net::CloseReason::kDuplicate:
    case net::CloseReason::kTooManyPeers:
    case net::CloseReason::kLostPiece:
    case net::CloseReason::kShutdown:
      return true;
    default:
      return false;
  }
}

net::Endpoint key_of(net::Endpoint const& remote, bool incoming) {
  return incoming ? remote.with_port(0) : remote;
}

}  // namespace

void PeerEnds::on_opened(PeerOpened const& opened) {
  peers_.erase(key_of(opened.remote, opened.incoming));
}

void PeerEnds::on_closed(PeerClosed const& closed) {
  if (is_ours(closed.reason) || (closed.incoming && !closed.opened)) return;
  auto const peer = key_of(closed.remote, closed.incoming);
  if (peers_.size() >= limits::kPeerListEntries && !peers_.contains(peer)) return;
  Kind const kind{closed.reason, closed.opened};
  peers_[peer] = kind;
  // The first one stays, so that what people read does not change with each attempt.
  Example& example = examples_[kind];
  bool const stays = example.peer != peer && is_of(example.peer, kind);
  if (!stays) example = {peer, closed.detail.substr(0, kDetailBytes)};
}

bool PeerEnds::is_of(net::Endpoint const& peer, Kind kind) const {
  auto const found = peers_.find(peer);
  return found != peers_.end() && found->second == kind;
}

std::vector<PeerEnds::Count> PeerEnds::counts() const {
  std::map<Kind, Count> found;
  for (auto const& [peer, kind] : peers_) {
    Count& count = found.try_emplace(kind, Count{.kind = kind, .example = peer}).first->second;
    ++count.peers;
  }
  std::vector<Count> counts;
  for (auto& [kind, count] : found) {
    Example const& example = examples_.at(kind);
    if (is_of(example.peer, kind)) {
      count.example = example.peer;
      count.detail = example.detail;
    }
    counts.push_back(std::move(count));
  }
  std::ranges::stable_sort(counts, std::greater{}, &Count::peers);
  return counts;
}

}  // namespace btfast
