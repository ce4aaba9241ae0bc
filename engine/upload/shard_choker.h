// ShardChoker: chokes and unchokes the peers of one shard.  The rounds of
// engine/upload/choke_rounds.h say who has a slot; between them a free slot goes at once to the
// next interested peer, and while seeding a peer that asks for nothing loses its slot to one that
// waits.
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
  // Several times a second: slots of peers that ask for nothing go to those that wait.
  // Idleness is counted in ticks: while this thread is late it has none.
  void on_tick(bool seeding, TimePoint now);

  // What this thread's peers did since the last snapshot.
  std::vector<ChokePeer> snapshot(TimePoint now);
  // Exactly these have slots now, but for peers that were choked or unchoked since the snapshot.
  void apply(std::span<PeerHandle const> unchoked, TimePoint now);

  static constexpr int kIdleTicks = 8;
  // Who asked for nothing in its turn joins the line this much later.
  static constexpr std::chrono::seconds kUnusedPause{30};

 private:
  void offer_slots(TimePoint now);
  void take_idle_slots(TimePoint now);
  std::uint32_t count_waiting();
  void unchoke(Peer& peer, TimePoint now);
  void choke(Peer& peer, TimePoint now);

  SharedTorrent& torrent_;
  PeerTable& peers_;
  UploadScheduler& uploads_;
  std::vector<Peer*> line_;    // reused by offer_slots
  std::uint32_t waiting_ = 0;  // of this shard, as SharedTorrent knows it
  TimePoint snapshot_at_ = TimePoint::max();
};

}  // namespace btfast
