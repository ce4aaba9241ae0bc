// SlowPeers: takes blocks back from peers that will not deliver them soon, while a peer
// at least three times as fast has nothing to ask for.  It comes before the endgame: no
// block is asked twice, except those that the slow peer had already sent.
//
// A peer that blocks were taken from is asked for two seconds' worth at a time as long as
// faster ones go hungry, so that it does not claim them again.
//
// Threads: one net thread; it sees that thread's peers only.
#pragma once

#include <vector>

#include "engine/base/clock.h"
#include "engine/download/download_scheduler.h"
#include "engine/swarm/peer_table.h"

namespace btfast {

class SlowPeers {
 public:
  SlowPeers(SharedTorrent& torrent, PeerTable& peers, DownloadScheduler& downloads)
      : torrent_(torrent), peers_(peers), downloads_(downloads) {}

  void on_tick(TimePoint now);

 private:
  struct Candidate {
    Peer* peer;
    double per_s;
  };

  void find_hungry(TimePoint now);
  void take_from_slower(Candidate const& fast, TimePoint now);
  void lift_caps();

  SharedTorrent& torrent_;
  PeerTable& peers_;
  DownloadScheduler& downloads_;
  std::vector<Candidate> hungry_;  // the fastest first; reused
  TimePoint last_hungry_{};
  bool capped_ = false;
};

}  // namespace btfast
