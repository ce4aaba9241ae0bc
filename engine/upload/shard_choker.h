// ShardChoker: chokes and unchokes the peers of one shard.  The rounds of
// engine/upload/choke_rounds.h say who has a slot; between them a free slot goes at once to the
// next interested peer.
//
// Threads: its net thread.  Slots are counted over all net threads in SharedTorrent.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/clock.h"
#include "engine/swarm/peer_table.h"
#include "engine/swarm/shared_torrent.h"
#include "engine/upload/choker.h"
#include "engine/upload/upload_scheduler.h"

namespace btfast {

class ShardChoker {
 public:
  ShardChoker(SharedTorrent& torrent, PeerTable& peers, UploadScheduler& uploads)
      : torrent_(torrent), peers_(peers), uploads_(uploads) {}

  // The peer's interest changed, either way.
  void on_interest(Peer& peer, TimePoint now);
  // The peer is gone: its slot is free.
  void on_closed(Peer& peer, TimePoint now);
  // Free slots to whoever waits longest.
  void offer_slots(TimePoint now);

  // What this thread's peers did since the last snapshot.
  std::vector<ChokePeer> snapshot(TimePoint now);
  // Exactly these have slots now.
  void apply(std::span<PeerHandle const> unchoked, TimePoint now);

 private:
  void unchoke(Peer& peer, TimePoint now);
  void choke(Peer& peer, TimePoint now);

  SharedTorrent& torrent_;
  PeerTable& peers_;
  UploadScheduler& uploads_;
};

}  // namespace btfast
