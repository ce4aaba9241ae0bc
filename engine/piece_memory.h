// PieceMemory: where the bytes of one active piece lie, in segments of the pool.  All
// are taken at the start; a piece too large for that is *streamed*: a segment is taken
// when its first block is claimed and given back once it is written.
//
// Threads:   hold(), drop() and place() from any thread; start() and reset() while nobody
//            else sees the piece; retire() from its worker.
// Ownership: a streamed segment counts its users: the worker that must still write it,
//            and each hold(), under which a peer may be receiving.  The last one out
//            gives it back.  Of other pieces the memory lives as long as they do.
// Ordering:  the memory is published by a release store of the count and used after an
//            acquire of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/buffer_pool.h"
#include "engine/base/types.h"

namespace btfast {

class PieceMemory {
 public:
  // False when the pool has not enough; then nothing was taken.
  bool start(SegmentPool& pool, std::uint32_t piece_bytes, bool streamed);
  void reset() noexcept;

  // The right to write at place(block) until drop(block).  False: no memory just now.
  bool hold(BlockIndex block) noexcept { return !streamed_ || hold_streamed(segment_of(block)); }
  void drop(BlockIndex block) noexcept {
    if (streamed_) drop_streamed(segment_of(block));
  }
  // REQUIRES: held, or known not to be retired.
  std::byte* place(BlockIndex block) const noexcept;

  bool streamed() const noexcept { return streamed_; }
  std::uint32_t blocks_per_segment() const noexcept { return blocks_per_segment_; }
  std::uint32_t segment_of(BlockIndex block) const noexcept;
  // The worker is done with a streamed segment: no block of it will be claimed again.
  void retire(std::uint32_t segment) noexcept;

 private:
  // Counts of `users` that are states: no memory yet, one thread is fetching it, gone.
  static constexpr std::uint32_t kUntaken = 0;
  static constexpr std::uint32_t kTaking = ~std::uint32_t{0};
  static constexpr std::uint32_t kRetired = kTaking - 1;

  struct Slot {
    std::atomic<std::uint32_t> users{kUntaken};
    Segment memory;
  };

  bool hold_streamed(std::uint32_t segment) noexcept;
  void drop_streamed(std::uint32_t segment) noexcept;

  SegmentPool* pool_ = nullptr;
  bool streamed_ = false;
  std::uint32_t blocks_per_segment_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t slots_max_ = 0;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace btfast
