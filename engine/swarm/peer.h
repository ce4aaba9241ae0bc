// Peer: everything one net thread knows of one connection of one torrent.
//
// Threads: plain data of one net thread; its schedulers and its shard change it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/types.h"
#include "engine/pieces/piece_assembly.h"
#include "engine/swarm/block_pace.h"
#include "engine/swarm/pipeline_depth.h"
#include "engine/swarm/refusals.h"
#include "engine/swarm/request_ring.h"
#include "net/peer_connection.h"

namespace btfast {

// What we fetch from a peer.
struct PeerDownload {
  RequestRing requests;
  PipelineDepth depth{limits::kReqqDefault};
  BlockPace pace;
  std::optional<PieceAssignment> assignment;  // the piece whose blocks we claim next
  std::vector<BlockRange> cancelled;          // recently; their blocks may still come
  std::vector<PieceIndex> allowed_fast;       // BEP 6: may be asked while choked
  Refusals refusals;
  bool may_repeat = false;  // a request without a claim is open, whose block may become claimable
  TimePoint last_block{};
  TimePoint idle_since{};      // when claims ran out for it
  bool on_parole = false;      // suspected of a bad block: fetches pieces alone
  bool hungry = false;         // wanted more than there was
  bool out_of_budget = false;  // …because memory is used up
};

// What a peer fetches from us.
struct PeerUpload {
  std::deque<BlockRange> requests;
  bool read_pending = false;                     // a read worker has the first run
  bool from_disk = false;                        // the last run was not in the page cache
  std::uint32_t window = limits::kUploadRunMin;  // bytes its socket takes at once
  std::vector<PieceIndex> allowed_fast;          // BEP 6: served while it is choked
  int bad_requests = 0;
  bool asked = false;         // since the last tick
  int idle_ticks = 0;         // it asked for nothing while unchoked
  bool turn_unused = false;   // …all of its last turn
  TimePoint choke_changed{};  // when we last choked or unchoked it, or it came
  std::uint64_t sent_at_unchoke = 0;
  std::uint64_t sent_at_snapshot = 0;  // of the choke rounds
  std::uint64_t received_at_snapshot = 0;
};

struct Peer {
  PeerHandle handle;
  std::unique_ptr<net::PeerConnection> connection;
  PeerId id{};
  TimePoint connected_at{};
  std::string client;        // from the extension handshake
  bool opened = false;       // handshakes exchanged
  bool fast = false;         // BEP 6, both sides
  bool extended = false;     // BEP 10, both sides
  bool upload_only = false;  // BEP 21
  bool told_our_ip = false;  // it said so, once is enough
  bool closing = false;

  // BEP 3's four.
  bool am_choking = true;
  bool am_interested = false;
  bool peer_choking = true;
  bool peer_interested = false;

  Bitfield has;
  std::size_t haves_told = 0;       // HaveTeller's
  std::uint32_t wanted_pieces = 0;  // it has and we lack, as the shard has seen

  PeerDownload download;
  PeerUpload upload;

  bool is_seed() const noexcept { return has.size() > 0 && has.all(); }
};

}  // namespace btfast
