// Counters of one net thread's share of a torrent, and what people see of the sum.
//
// Threads: a ShardCounters has one writer, its net thread; anyone reads.  Relaxed
//          everywhere: figures that order nothing.  One cache line a writer, so that
//          counting shares nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/base/high_water.h"
#include "engine/base/latency_histogram.h"

namespace btfast {

// A counter with one writer: no read-modify-write needed.
class Counter {
 public:
  void add(std::uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) ShardCounters {
  Counter payload_down;  // bytes of blocks, wasted ones included
  Counter payload_up;
  Counter wasted;           // bytes of blocks that were there already or not asked for
  Counter request_time_us;  // how long answered requests were open, all together
  Counter requests_open;    // asked and not yet answered
  Counter peers;            // connected
  Counter seeds;            // of them complete
  Counter unchoking_us;
  Counter hungry;         // unchoked peers that wait for budget or for a free block
  Counter rtt_us;         // smallest of the connected peers
  Counter at_down_limit;  // peers in line for what the limit of rate allows
  Counter at_up_limit;
  Counter wrong_hash;  // peers we called that named another torrent
  Counter news_most;   // of pieces, that waited in this thread's mailbox at once
  // Blocks by the time from request to arrival, both as the turn of the loop began in which
  // they were seen: what a turn takes, mostly below a millisecond, is not told apart.
  std::array<Counter, LatencyHistogram::kBuckets> block_latency;
};

// One moment of a torrent, for the progress display and the result.
struct TorrentStats {
  std::uint64_t size = 0;
  std::uint64_t bytes_have = 0;  // verified and written
  std::uint32_t pieces_have = 0;
  std::uint32_t piece_count = 0;
  std::uint64_t payload_down = 0;
  std::uint64_t payload_up = 0;
  std::uint64_t bytes_fetched = 0;  // of pieces that came from peers, verified and written
  // What came and is of no use: of bad pieces, twice, or not asked for.  Once everything has
  // stopped, payload_down = bytes_fetched + wasted.
  std::uint64_t wasted = 0;
  std::uint64_t bytes_hashed = 0;
  std::uint64_t bytes_written = 0;
  std::uint32_t bad_pieces = 0;
  std::uint32_t banned = 0;  // peers that lied
  std::uint64_t requests_open = 0;
  std::uint64_t peers = 0;
  std::uint64_t seeds = 0;
  std::uint64_t unchoking_us = 0;
  std::uint64_t hungry = 0;
  std::uint64_t rtt_us = 0;
  std::uint64_t request_time_us = 0;  // its growth in a second: requests open, on average
  std::uint64_t at_down_limit = 0;    // peers that wait for the limit of rate
  std::uint64_t at_up_limit = 0;
  std::uint64_t pieces_queued = 0;    // waiting for a worker
  std::uint64_t bytes_in_flight = 0;  // memory of piece buffers
  std::uint64_t bytes_writing = 0;    // verified, and in writes under way
  std::uint64_t budget_bytes = 0;
  int workers_busy = 0;
  int workers_writing = 0;  // of the busy ones, inside a write
  int workers = 0;
  std::uint64_t wrong_hash = 0;  // peers whose handshake named another torrent, of all torrents
  LatencyHistogram block_latency;
  QueueDepth queue_blocks;      // pieces on their way from net threads to workers
  QueueDepth queue_verify;      // whole pieces that no worker is done with
  QueueDepth queue_memory;      // bytes of piece buffers
  QueueDepth queue_writing;     // bytes in writes under way
  QueueDepth queue_outcomes;    // pieces that the control thread has yet to hear of
  QueueDepth queue_news;        // the same of a net thread
  bool workers_behind = false;  // nothing new is asked for until they are through with some
};

}  // namespace btfast
