// PieceMap: which pieces of one torrent we miss, are fetching, and have.
//
// Threads:   every public function is safe from any thread.
// Ownership: a piece in kClaimed or kVerifying has exactly one PieceClaim, and
//            only the holder of that claim can move the piece on.
// Invariant: a piece becomes kHave once, after its bytes are on disk; it leaves kHave
//            only when the disk lost them, and then for good.
// Ordering:  publish_have() is a release store and has() an acquire load, so a
//            thread that sees kHave may read the piece from storage.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "engine/base/bitfield.h"
#include "engine/base/types.h"

namespace btfast {

enum class PieceState : std::uint8_t { kMissing, kClaimed, kVerifying, kHave, kLost };

class PieceMap;

// The exclusive right to fetch one piece.  Move-only; dropping a claim gives the
// piece back to the swarm, so an early return can never leak a piece.
class [[nodiscard]] PieceClaim {
 public:
  PieceClaim(PieceClaim&& other) noexcept
      : map_(std::exchange(other.map_, nullptr)), piece_(other.piece_) {}
  PieceClaim& operator=(PieceClaim&&) = delete;
  ~PieceClaim();

  PieceIndex piece() const noexcept { return piece_; }

  // All blocks have arrived; the piece now belongs to the worker pool.
  void begin_verify() noexcept;

  // Hash matched and bytes are on disk.  Consumes the claim.  True for the piece that
  // completed the torrent: exactly one caller ever sees it.
  bool publish_have() && noexcept;

 private:
  friend class PieceMap;
  PieceClaim(PieceMap& map, PieceIndex piece) noexcept : map_(&map), piece_(piece) {}

  PieceMap* map_;  // null once the claim is spent or moved from
  PieceIndex piece_;
};

class PieceMap {
 public:
  explicit PieceMap(std::uint32_t piece_count);

  // Empty when another thread claimed the piece first, or we already have it.
  std::optional<PieceClaim> try_claim(PieceIndex piece) noexcept;

  bool has(PieceIndex piece) const noexcept {
    return states_[piece.value].load(std::memory_order_acquire) == PieceState::kHave;
  }
  // A hint for pickers: by the time it is read it may be wrong, and try_claim() decides.
  bool looks_missing(PieceIndex piece) const noexcept {
    return states_[piece.value].load(std::memory_order_relaxed) == PieceState::kMissing;
  }
  // The disk does not give its bytes any more.  True: we had it until now.
  bool withdraw(PieceIndex piece) noexcept;

  PieceState state(PieceIndex piece) const noexcept {
    return states_[piece.value].load(std::memory_order_acquire);
  }
  std::uint32_t piece_count() const noexcept { return piece_count_; }
  std::uint32_t have_count() const noexcept { return have_count_.load(std::memory_order_relaxed); }
  // acquire: who sees the torrent complete may read all of it from storage.
  bool complete() const noexcept {
    return have_count_.load(std::memory_order_acquire) == piece_count_;
  }
  // For a bitfield message: register the peer for HAVEs first, then copy.
  Bitfield snapshot() const;

 private:
  friend class PieceClaim;

  // Immutable after construction.
  std::uint32_t const piece_count_;
  std::unique_ptr<std::atomic<PieceState>[]> const states_;

  // Written by claim holders, read by anyone.
  std::atomic<std::uint32_t> have_count_{0};
};

}  // namespace btfast
