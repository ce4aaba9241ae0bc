// ActivePieces: the pieces of one torrent that are being fetched, shared by all net
// threads.  A fixed table of slots; a slot's PieceAssembly object is never freed while
// the table lives, so looking at one is always safe and taking a ref decides.
//
// Threads:   every function from any thread; no lock.
// Ownership: the table holds one ref to each open piece.  It must outlive every token,
//            so queues are emptied first.
// Bound:     slots and the SegmentPool's budget; try_start() is empty when either is used
//            up.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/buffer_pool.h"
#include "engine/base/piece_geometry.h"
#include "engine/pieces/piece_assembly.h"
#include "engine/pieces/piece_map.h"

namespace btfast {

// "May this peer fetch that piece?"
using PieceFilter = std::function<bool(PieceIndex)>;

enum class StartRefusal : std::uint8_t { kNone, kTaken, kBudget };

class ActivePieces {
 public:
  ActivePieces(PieceGeometry const& geometry, PieceMap& map, std::uint64_t budget_bytes,
               int workers = 1);
  ~ActivePieces();

  // False while so many whole pieces wait for workers that one more would only wait too.
  // True again once half of them are done, and each of those is heard of (PieceEvents).
  bool workers_keep_up() noexcept;
  // What the last look said.
  bool workers_behind() const noexcept { return behind_.load(std::memory_order_relaxed); }
  // With one more piece the memory is still little, and what workers find in it is hot.
  bool roomy() const noexcept;
  // Claims the piece in the map, a slot and memory.  On empty, `why` tells whether
  // another piece is worth trying (kTaken) or not now (kBudget).
  std::optional<PieceAssignment> try_start(PieceIndex piece, StartRefusal& why);
  // A piece with unclaimed blocks that nobody fetches any more.
  std::optional<PieceAssignment> try_adopt(PieceFilter const& wanted);
  // Any piece with unclaimed blocks that is not kept for one peer.
  std::optional<PieceAssignment> try_join(PieceFilter const& wanted, CoarseTime now);
  // The assembly of a piece, while it is active.
  AssemblyRef find(PieceIndex piece) noexcept;
  // Blocks someone else was asked for, not yet here (endgame), of pieces that are not kept
  // for one peer; appended to `out`.
  std::size_t missing_blocks(PieceFilter const& wanted, CoarseTime now, std::size_t max,
                             std::vector<BlockRange>& out);
  // Drops one piece that nobody fetches and no filter of a connected peer wants, to free
  // its budget.  True if one was dropped.
  bool drop_one(PieceFilter const& unwanted);

  std::uint32_t active_count() const noexcept;
  std::uint64_t bytes_in_flight() const noexcept;  // memory out of the pool
  std::uint64_t budget_bytes() const noexcept;
  std::uint64_t bytes_in_flight_most() const noexcept;
  // Whole pieces that no worker is done with.
  QueueDepth unverified() const noexcept;
  std::uint32_t slot_count() const noexcept { return table_.slot_count; }

 private:
  // The first open piece for which `suits` (looked at first) and `wanted` hold; empty
  // when there is none.
  template <class Suits>
  AssemblyRef find_first(Suits const& suits, PieceFilter const& wanted) const;
  // A ref to the slot's assembly, if it is open.
  AssemblyRef ref_at(std::uint32_t slot) const noexcept;
  bool memory_left_for(PieceIndex piece) const noexcept;
  std::optional<std::uint32_t> take_slot(PieceIndex piece) noexcept;
  PieceAssembly& assembly_in(std::uint32_t slot);
  static bool drop(AssemblyRef const& assembly) noexcept;

  PieceMap& map_;
  AssemblyTable table_;
  // Each made on the slot's first use, by the thread that took the slot; freed with us.
  std::unique_ptr<std::atomic<PieceAssembly*>[]> const assemblies_;
  std::int32_t const unverified_max_;
  std::atomic<bool> behind_{false};  // the workers; set and cleared by who looks
};

}  // namespace btfast
