// Dialer: which peers of one torrent to connect to, and when.  Keeps the number of
// connections and of connection attempts within their limits, spreads them over the net
// threads, and keeps one connection where two peers found each other twice.  When full, the
// connections that rank lowest (engine/peers/peer_priority.h) make room for higher ones.
//
// Threads: the control thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/peers/address_count.h"
#include "engine/peers/own_address.h"
#include "engine/peers/peer_ends.h"
#include "engine/peers/peer_list.h"
#include "engine/peers/peer_source.h"
#include "engine/swarm/peer_handle_hash.h"
#include "engine/swarm/swarm_report.h"
#include "net/event_loop.h"

namespace btfast {

class Dialer {
 public:
  struct Actions {
    // Start connecting on that net thread.
    std::function<void(std::uint16_t net_thread, net::Endpoint const&)> connect;
    std::function<void(PeerHandle, net::CloseReason)> close;
    // Nobody is left to dial and there is room.
    std::function<void(PeerNeed)> want_peers;
  };

  Dialer(net::EventLoop& loop, std::size_t net_threads, std::uint32_t connections_max,
         PeerId const& our_id, Rng& rng, Actions actions);

  void start();
  void stop();
  // One of our own endpoints: never dialled.
  void mark_self(net::Endpoint const& endpoint) { list_.mark_self(endpoint); }
  void add(PeerOrigin origin, std::span<net::Endpoint const> peers);
  void on_report(PeerOpened const& opened);
  void on_report(AddressTold const& told);
  void on_report(PeerClosed const& closed);
  // Closes its connections and refuses its address for a while.
  void ban(net::Endpoint const& peer);

  bool is_banned(net::Endpoint const& peer) const { return list_.banned(peer, loop_.now()); }

  // As others see it; of family kNone: not known.
  net::Endpoint const& own_address(net::Family family) const noexcept { return ours_.of(family); }

  // Who is, or recently was, behind a handle; of no family: nobody known.
  net::Endpoint endpoint_of(PeerHandle handle) const;
  // Its connections, perhaps with some that have ended.
  std::vector<PeerHandle> handles_of(net::Endpoint const& peer) const;

  std::size_t connected_count() const noexcept { return connected_.size(); }
  std::size_t known_count() const noexcept { return list_.known_count(); }
  bool ever_connected() const noexcept { return ever_connected_; }
  PeerEnds const& ends() const noexcept { return ends_; }
  // Peers that are called for the first time and have not answered yet.
  std::size_t awaited_count() const;
  std::uint32_t banned_count() const noexcept { return banned_count_; }

 private:
  struct Connected {
    PeerHandle handle;
    net::Endpoint remote;
    bool incoming;
    bool leaving = false;  // told to close
  };

  void dial();
  void ask_for_peers();
  void depart(PeerHandle handle);
  void dial(net::Endpoint const& candidate);
  void turn_over();
  void rank_anew();
  std::uint32_t rank(net::Endpoint const& remote) const;
  std::size_t staying_count() const noexcept { return connected_.size() - leaving_; }
  Connected* lowest();
  void make_room();
  std::uint16_t least_loaded() const noexcept;
  bool keep_newer(Connected const& older, PeerOpened const& newer) const noexcept;

  net::EventLoop& loop_;
  std::uint32_t const connections_max_;
  PeerId const our_id_;
  Actions const actions_;
  PeerList list_;
  PeerEnds ends_;
  AddressCount addresses_;  // of connections and attempts
  net::Timer tick_;
  bool running_ = false;
  bool ever_connected_ = false;
  bool had_peers_ = false;  // since nobody was last left
  std::uint32_t banned_count_ = 0;
  std::uint32_t connecting_ = 0;
  std::size_t leaving_ = 0;  // of connected_
  OwnAddress ours_;
  TimePoint next_turnover_{};
  std::vector<std::uint32_t> load_;  // connections and attempts of each net thread
  std::unordered_map<net::Endpoint, std::uint16_t, net::EndpointHash> attempts_;
  std::unordered_map<PeerId, Connected, DigestHash> connected_;  // by peer id
  std::unordered_map<PeerHandle, net::Endpoint, PeerHandleHash> endpoints_;
  std::deque<PeerHandle> departed_;  // closed, and still in endpoints_
};

}  // namespace btfast
