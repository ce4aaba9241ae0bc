// PeerEnds: how each peer's last connection ended, or the attempt at one.  Where nobody is left
// to fetch from, people are told why.
//
// Threads: the control thread.
// Bound:   limits::kPeerListEntries peers; of those that come later nothing is kept.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/swarm/swarm_report.h"
#include "net/endpoint.h"
#include "net/peer_observer.h"

namespace btfast {

class PeerEnds {
 public:
  struct Kind {
    net::CloseReason reason = net::CloseReason::kPeerClosed;
    bool handshake = false;  // it had come

    auto operator<=>(Kind const&) const noexcept = default;
  };
  struct Count {
    Kind kind;
    std::size_t peers = 0;
    net::Endpoint example;
    std::string detail;  // of the example; may be empty
  };

  // The peer is connected again.
  void on_opened(PeerOpened const& opened);
  void on_closed(PeerClosed const& closed);

  bool holds(net::Endpoint const& peer) const { return peers_.contains(peer); }
  std::size_t peer_count() const noexcept { return peers_.size(); }
  // Of each kind that there is; the most frequent one first.
  std::vector<Count> counts() const;

 private:
  struct Example {
    net::Endpoint peer;
    std::string detail;
  };
  bool is_of(net::Endpoint const& peer, Kind kind) const;

  // A peer that called us is its address (port 0): it calls from another port each time.
  std::unordered_map<net::Endpoint, Kind, net::EndpointHash> peers_;
  std::map<Kind, Example> examples_;
};

}  // namespace btfast
