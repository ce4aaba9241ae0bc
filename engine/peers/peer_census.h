// What the peers of one shard are doing, counted for the figures that people see.
//
// Threads: the shard's net thread.
#pragma once

#include "engine/stats.h"
#include "engine/swarm/peer_table.h"

namespace btfast {

void count_peers(PeerTable& peers, ShardCounters& counters);

}  // namespace btfast
