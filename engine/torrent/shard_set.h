// ShardSet: a torrent's shards, one a net thread, as the control thread sees them.  It never looks
// into a shard but at its counters: what it has to say is posted.
//
// Threads:   the control thread; tasks run on the shard's net thread.
// Ownership: a shard lives while a task for it does, and ends on its own thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/rng.h"
#include "engine/stats.h"
#include "engine/swarm/shared_torrent.h"
#include "engine/swarm/swarm_report.h"
#include "engine/torrent/download_goal.h"
#include "engine/torrent/session_env.h"
#include "engine/torrent/swarm_shard.h"

namespace btfast {

class ShardSet {
 public:
  using Task = std::function<void(SwarmShard&)>;

  explicit ShardSet(SessionEnv& env) : env_(env) {}

  // Once.  Incoming connections for the torrent reach them from then on.
  void open(std::shared_ptr<SharedTorrent> const& torrent, SwarmReports& reports, Rng& rng,
            WantedPiecesPtr const& wanted);
  // No peers any more: of each shard a ShardStopped is reported, and on_stopped() is for that.
  void stop();
  void on_stopped() noexcept { --stopping_; }
  bool stopped() const noexcept { return stopping_ == 0; }
  // After that there are none.  REQUIRES: stopped(), after stop().
  void drop();
  bool empty() const noexcept { return shards_.empty(); }

  void post(std::uint16_t net_thread, Task task) const;
  void post_to_all(Task const& task) const;

  // Adds what they have counted, and the figures of their peers now.
  void add_to(TorrentStats& stats) const noexcept;

 private:
  SessionEnv& env_;
  std::vector<std::shared_ptr<SwarmShard>> shards_;  // by net thread
  std::size_t stopping_ = 0;
};

}  // namespace btfast
