// UploadScheduler: serves what unchoked peers request, from verified pieces only.
//
// Runs of consecutive requests are read at once, as much as the peer's socket takes.  Data that
// is in the page cache is read on the net thread (Storage::try_read never waits); the rest
// by a read worker, whose result comes back through a mailbox.  A peer has one read under
// way at a time, so its blocks keep their order.
//
// Threads: one net thread, except the read job itself.
// Bound:   requests queued per peer (limits::kPeerRequestQueue); bytes in all send queues
//          together (kBytesInQueues).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/mailbox.h"
#include "engine/stats.h"
#include "engine/swarm/peer.h"
#include "engine/swarm/rate_gate.h"
#include "engine/swarm/shared_torrent.h"
#include "engine/upload/upload_buffers.h"
#include "net/wire/message.h"

namespace btfast {

// Consecutive bytes of one piece for one peer, read by a worker.
struct ReadDone {
  PeerHandle peer;
  std::vector<BlockRange> blocks;
  net::SendBytes bytes;
  std::optional<Failure> failure = {};  // then there are none
};
using ReadDoneBox = Mailbox<ReadDone>;

class UploadScheduler {
 public:
  // `reads` is drained by the shard into on_read().
  UploadScheduler(std::shared_ptr<SharedTorrent> torrent, ShardCounters& counters,
                  std::shared_ptr<ReadDoneBox> reads);
  // From now on; `gate` must outlive the last pump().
  void limit(RateGate& gate) noexcept { gate_ = &gate; }

  // So many peers share the memory of what is read and not taken by their sockets yet.
  void share_memory(std::size_t peers) noexcept;
  // Tells a peer with the fast extension which of our pieces it may ask for while choked.
  void allow_fast(Peer& peer, Bitfield const& have);
  // False: the peer broke a limit and must be closed.  Served at the next pump().
  bool on_request(Peer& peer, net::Request const& request);
  // As on_request(), of what is not to be served.
  bool refuse(Peer& peer, net::Request const& request);
  void on_cancel(Peer& peer, net::Cancel const& cancel);
  // Drops what is queued and not allowed fast, telling the peer where BEP 6 asks for it.
  void on_choked(Peer& peer);
  // Requests came, or the send queue has room: go on.
  void pump(Peer& peer);
  void on_read(Peer& peer, ReadDone const& done);

 private:
  bool may_serve(Peer const& peer, PieceIndex piece) const noexcept;
  void reject(Peer& peer, BlockRange const& range);
  void withhold(Peer& peer, std::vector<BlockRange> const& blocks);
  void push(Peer& peer);
  std::vector<BlockRange> take_run(Peer& peer, std::uint64_t bytes_max);
  void read_run(Peer& peer, std::vector<BlockRange> blocks);
  void send_run(Peer& peer, std::vector<BlockRange> const& blocks, net::SendBytes const& bytes);

  std::shared_ptr<SharedTorrent> const torrent_;
  ShardCounters& counters_;
  std::shared_ptr<ReadDoneBox> const reads_;
  UploadBuffers buffers_;
  std::uint32_t run_min_ = limits::kUploadRunMin;
  std::uint32_t run_max_ = limits::kUploadRunMax;
  RateGate* gate_ = nullptr;  // null: no limit
};

}  // namespace btfast
