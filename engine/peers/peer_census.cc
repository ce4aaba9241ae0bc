#include "engine/peers/peer_census.h"

#include <algorithm>

namespace btfast {

void count_peers(PeerTable& peers, ShardCounters& counters) {
  std::uint64_t seeds = 0;
  std::uint64_t unchoking = 0;
  std::uint64_t hungry = 0;
  std::uint64_t open = 0;
  Duration rtt = Duration::max();
  peers.for_each([&](Peer const& peer) {
    if (!peer.opened) return;
    ++open;
    seeds += peer.is_seed() ? 1 : 0;
    unchoking += peer.peer_choking ? 0 : 1;
    hungry += peer.download.hungry ? 1 : 0;
    rtt = std::min(rtt, peer.download.depth.min_rtt());
  });
  counters.peers.set(open);
  counters.seeds.set(seeds);
  counters.unchoking_us.set(unchoking);
  counters.hungry.set(hungry);
  auto const us = std::chrono::duration_cast<std::chrono::microseconds>(rtt).count();
  counters.rtt_us.set(rtt == Duration::max() ? 0 : static_cast<std::uint64_t>(us));
}

}  // namespace btfast
