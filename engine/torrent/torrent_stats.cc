// What people see of a torrent: its counters and those of its parts, at one moment.
#include <algorithm>

#include "engine/torrent/torrent.h"

namespace btfast {

CheckedBytes Torrent::checked() const noexcept {
  if (!check_) return {};
  PieceGeometry const& geometry = shared_->geometry();
  auto const bytes = [&](std::uint32_t pieces) {
    return std::min(std::uint64_t{pieces} * geometry.piece_length(), geometry.total_size());
  };
  return {.done = bytes(check_->checked()), .all = bytes(check_->pieces())};
}

TransferTotals Torrent::totals() const {
  TorrentStats const sums = shard_stats();
  return {.bytes_down = sums.payload_down,
          .bytes_up = sums.payload_up,
          .bytes_left = goal_.bytes_missing()};
}

TorrentStats Torrent::shard_stats() const {
  TorrentStats stats = last_stats_;
  shards_.add_to(stats);
  return stats;
}

TorrentStats Torrent::stats() const {
  TorrentStats stats = shard_stats();
  stats.size = goal_.bytes_wanted();
  stats.bytes_have = goal_.wanted_bytes_here();
  stats.piece_count = goal_.pieces_wanted();
  stats.pieces_have = goal_.wanted_pieces_here();
  stats.bytes_fetched = bytes_fetched_;
  // What was in flight when everything stopped is of no use any more.
  stats.wasted = state_ == TorrentState::kStopped
                     ? stats.payload_down - std::min(stats.payload_down, bytes_fetched_)
                     : stats.wasted + bytes_bad_;
  stats.bad_pieces = bad_pieces_;
  stats.banned = dialer_.banned_count();
  VerifyCounters const& work = shared_->pipeline().counters();
  stats.bytes_hashed = work.bytes_hashed.load(std::memory_order_relaxed);
  stats.bytes_written = work.bytes_written.load(std::memory_order_relaxed);
  stats.bytes_writing = work.bytes_writing.load(std::memory_order_relaxed);
  stats.workers_busy = work.busy_workers.load(std::memory_order_relaxed);
  stats.workers_writing = work.writing_workers.load(std::memory_order_relaxed);
  stats.workers_behind = shared_->active().workers_behind();
  stats.workers = env_.workers.concurrency();
  stats.pieces_queued = shared_->queue().waiting();
  stats.bytes_in_flight = shared_->active().bytes_in_flight();
  stats.budget_bytes = shared_->active().budget_bytes();
  for (auto const& seat : env_.nets) stats.wrong_hash += seat.host->wrong_hash();
  add_queues(stats);
  return stats;
}

void Torrent::add_queues(TorrentStats& stats) const {
  ActivePieces const& active = shared_->active();
  VerifyCounters const& work = shared_->pipeline().counters();
  stats.queue_blocks =
      QueueDepth::of(stats.pieces_queued, shared_->queue().most(), active.slot_count());
  stats.queue_verify = active.unverified();
  stats.queue_memory = {stats.bytes_in_flight,
                        std::max(stats.bytes_in_flight, active.bytes_in_flight_most()),
                        stats.budget_bytes};
  // What is written stands in piece buffers.
  stats.queue_writing =
      QueueDepth::of(stats.bytes_writing, work.bytes_writing_most, stats.budget_bytes);
  stats.queue_outcomes = QueueDepth::of(0, outcomes_most_, 0);
}

PieceCounts Torrent::piece_counts() const {
  return count_pieces(shared_->pieces(), goal_.wanted()->pieces,
                      shared_->active().unverified().now);
}

}  // namespace btfast
