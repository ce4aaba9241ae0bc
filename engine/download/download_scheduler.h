// DownloadScheduler: keeps every peer's pipeline full, in an order that lets the
// connection predict what comes: whole pieces, block after block, from one peer.
//
// Blocks come from the piece the peer is on, and then from the one that PieceChoice finds.  When
// nothing is left to claim, a peer that has been idle for a moment asks for blocks that others
// owe and that it brings earlier (Endgame).
//
// Threads: one net thread.  What it shares with other net threads goes through
//          ActivePieces and BlockQueue.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/clock.h"
#include "engine/download/endgame.h"
#include "engine/download/piece_choice.h"
#include "engine/download/piece_picker.h"
#include "engine/pieces/active_pieces.h"
#include "engine/pieces/block_queue.h"
#include "engine/stats.h"
#include "engine/swarm/peer.h"
#include "engine/swarm/rate_gate.h"
#include "engine/swarm/shared_torrent.h"

namespace btfast {

class DownloadScheduler {
 public:
  DownloadScheduler(SharedTorrent& torrent, PiecePicker& picker, PeerTable& peers,
                    ShardCounters& counters);
  // From now on; `gate` must outlive the last call.  What is asked counts, so a peer is asked
  // for less rather than read slowly, and no request waits longer for its answer.
  void limit(RateGate& gate) noexcept { gate_ = &gate; }

  // Asks for blocks until the peer's pipeline is full or nothing can be asked.
  void fill(Peer& peer, TimePoint now);

  // A block that stands at its claim's destination.
  void on_block_in_place(Peer& peer, net::PieceHeader const& block, TimePoint now);
  // A block without a claim.  False: nobody asked this peer for it.
  bool on_block_bytes(Peer& peer, net::PieceHeader const& block, std::span<std::byte const> bytes,
                      TimePoint now);
  // BEP 6.  False: that request was not open.
  bool on_reject(Peer& peer, net::RejectRequest const& reject, TimePoint now);
  void on_choke(Peer& peer);
  // Cancels what is still open of a piece that is done, and forgets the assignment.
  void on_piece_done(Peer& peer, PieceIndex piece);
  // The same for pieces that are not wanted any more.
  void drop_unwanted(Peer& peer);
  // Frees what of them no peer of any net thread fetches.
  void drop_unwanted_pieces();
  // Takes all but the first `keep` requests back from a slow peer, of pieces that `faster`
  // may fetch.  False: there were none.
  bool take_back(Peer& slow, std::size_t keep, Peer const& faster, TimePoint now);
  // Gives everything back: the peer is gone, or must not be asked any more.
  void release_all(Peer& peer);
  // Gives blocks back that the peer owes for too long; asks for endgame duplicates.
  void on_tick(Peer& peer, TimePoint now);

 private:
  bool may_request(Peer const& peer) const noexcept;
  std::size_t target_of(Peer const& peer) const noexcept;
  bool request_claims(Peer& peer, std::size_t room, TimePoint now);
  void request_block(Peer& peer, BlockClaim claim, TimePoint now);
  static void refuse(Peer& peer, PieceIndex piece, TimePoint now);
  void cancel_stale(Peer& peer, AssemblyRef const& fetched);
  void spend(std::uint64_t bytes) noexcept;
  void give_back(std::uint64_t bytes) noexcept;
  void ask_twice(Peer& peer, TimePoint now);
  void cancel_elsewhere(BlockRange const& range, PeerHandle from);
  void time_out(Peer& peer);
  void count_arrival(Peer& peer, BlockRange const& range, TimePoint sent, TimePoint now);
  void after_commit(AssemblyRef const& assembly, Commit commit, std::uint32_t bytes, TimePoint now);
  void cancel(Peer& peer, std::size_t index);
  void remember_cancelled(Peer& peer, BlockRange const& range);
  void set_open_requests(Peer const& peer, std::size_t before);

  SharedTorrent& torrent_;
  PiecePicker& picker_;
  PieceChoice choice_;
  Endgame endgame_;
  ShardCounters& counters_;
  std::size_t const requests_shared_;  // open requests of the shard
  BlockQueue::Producer producer_;
  TimePoint last_new_block_{};      // from any peer of the shard
  RateGate* gate_ = nullptr;        // null: no limit
  std::vector<BlockClaim> claims_;  // reused by request_claims
};

}  // namespace btfast
