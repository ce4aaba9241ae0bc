// HaveTeller: tells peers which pieces came.  A peer that fetches from us hears of each at
// once, and so does everybody while there are few; a crowd is told of many pieces together
// now and then, for with thousands of peers a packet each for every piece would cost more
// than the download.
//
// Threads: its net thread.
// Bound:   a peer hears of a piece within one tick for every kPeersATick peers.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/swarm/peer_table.h"

namespace btfast {

class HaveTeller {
 public:
  static constexpr std::size_t kFewPeers = 32;
  static constexpr std::size_t kPeersATick = 200;

  explicit HaveTeller(PeerTable& peers) : peers_(peers) {}

  // We have the piece now; offer() follows for each peer.
  void add(PieceIndex piece) { pieces_.push_back(piece); }
  // At once, or later with others.
  void offer(Peer& peer);
  // A peer that was sent our whole bitfield.
  void on_greeted(Peer& peer) const noexcept { peer.haves_told = pieces_.size(); }
  void on_tick();

 private:
  void tell(Peer& peer);

  PeerTable& peers_;
  std::vector<PieceIndex> pieces_;  // since everybody was told
  std::size_t ticks_ = 0;           // since then
};

}  // namespace btfast
