// PeerList: the peers of one torrent that are known but not connected, and which of
// them to dial next.  Dedupes, backs off, bans for a time, never offers our own address.
//
// Threads: the control thread.  Time is passed in.
// Bound:   limits::kPeerListEntries; when full, a peer that failed most makes room.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/peers/address_count.h"
#include "engine/peers/peer_source.h"
#include "net/endpoint.h"
#include "net/peer_observer.h"

namespace btfast {

class PeerList {
 public:
  explicit PeerList(Rng& rng) : rng_(rng) {}

  // Returns how many were new.
  std::size_t add(PeerOrigin origin, std::span<net::Endpoint const> peers, TimePoint now);
  // An endpoint that is ourselves.
  void mark_self(net::Endpoint const& endpoint);
  bool banned(net::Endpoint const& endpoint, TimePoint now) const;
  void ban(net::Endpoint const& endpoint, TimePoint until);

  // Ranks the peers, those known and those to come: of two that failed as often, the higher
  // is dialled first.
  using Rank = std::function<std::uint32_t(net::Endpoint const&)>;
  void rank_by(Rank rank);

  // The best peer to dial now, whose address has room; it counts as connecting until
  // on_closed().
  std::optional<net::Endpoint> take(TimePoint now, AddressCount const& busy = {});
  // The same, of peers that never failed and rank above that.
  std::optional<net::Endpoint> take_above(std::uint32_t rank, TimePoint now,
                                          AddressCount const& busy = {});
  void on_connected(net::Endpoint const& endpoint);
  void on_closed(net::Endpoint const& endpoint, net::CloseReason reason, TimePoint now);

  std::size_t known_count() const noexcept { return peers_.size(); }

 private:
  struct Entry {
    PeerOrigin origin = PeerOrigin::kTracker;
    bool in_use = false;  // connecting or connected
    bool connected = false;
    std::uint8_t failures = 0;
    std::uint32_t rank = 0;
    TimePoint retry_at{};
    TimePoint taken_at{};
  };
  using Peers = std::unordered_map<net::Endpoint, Entry, net::EndpointHash>;
  bool may_dial(Peers::value_type const& peer, TimePoint now, AddressCount const& busy) const;
  Peers::iterator best(TimePoint now, AddressCount const& busy);
  std::optional<net::Endpoint> use(Peers::iterator at, TimePoint now);
  bool make_room();

  Rng& rng_;
  Rank rank_;
  Peers peers_;
  std::unordered_set<net::Endpoint, net::EndpointHash> ourselves_;
  // By address (port 0), so that a banned peer does not come back from another port.
  std::unordered_map<net::Endpoint, TimePoint, net::EndpointHash> bans_;
};

}  // namespace btfast
