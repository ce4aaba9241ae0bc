// PieceMemory: where the bytes of one active piece lie, in segments of the pool.  A piece
// of one segment has it from the start.  Of a larger one a segment is taken when its first
// block is claimed and given back once it is written; they are reserved at the start, so
// that each can be had.  Only a piece too large for that, a *streamed* one, may have to wait
// for memory that another gives back.
//
// Threads:   hold(), drop() and place() from any thread; start() and reset() while nobody
//            else sees the piece; retire() from its worker.
// Ownership: of several segments each counts its users: the worker that must still write
//            it, and each hold(), under which a peer may be receiving.  The last one out
//            gives it back.  A single one lives as long as the piece does.
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
  // False when the pool has not enough; then nothing was taken or reserved.
  bool start(SegmentPool& pool, std::uint32_t piece_bytes, bool streamed);
  void reset() noexcept;

  // The right to write at place(block) until drop(block).  False: no memory just now.
  bool hold(BlockIndex block) noexcept { return !counted_ || hold_counted(segment_of(block)); }
  void drop(BlockIndex block) noexcept {
    if (counted_) drop_counted(segment_of(block));
  }
  // REQUIRES: held, or known not to be retired.
  std::byte* place(BlockIndex block) const noexcept;

  bool streamed() const noexcept { return streamed_; }
  // Segments come and go one by one; place() of a block nobody held may not exist.
  bool counted() const noexcept { return counted_; }
  std::uint32_t blocks_per_segment() const noexcept { return blocks_per_segment_; }
  std::uint32_t segment_of(BlockIndex block) const noexcept;
  // The worker is done with a counted segment: no block of it will be claimed again.
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

  bool hold_counted(std::uint32_t segment) noexcept;
  void drop_counted(std::uint32_t segment) noexcept;

  SegmentPool* pool_ = nullptr;
  bool streamed_ = false;
  bool counted_ = false;
  std::uint32_t blocks_per_segment_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t reserved_ = 0;
  std::uint32_t slots_max_ = 0;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace btfast
