// PieceAssembly: one piece while it is fetched: its memory, which blocks are claimed
// and which arrived, its running hash, and who sent what.
//
// Any net thread's peer may fetch any block: blocks are claimed one by one with an
// atomic each, so a slow peer holds a block at most, never a piece.  The claim's owner
// receives straight into the piece's memory.  Bytes that come without a claim (endgame
// duplicates, answers after a time-out) are committed as a copy beside it; whichever is
// whole first counts.
//
// Threads:   claims and commits from any net thread; the worker part from the one
//            worker that the actor rule below admits.
// Ownership: refcounted by tokens: assignments, block claims, queue items.  Memory goes
//            back to the pool when the last token is gone.
// Ordering:  a commit stores the block's state with release and then decrements
//            `remaining` with acq_rel; a worker that loads kArrived with acquire sees
//            the bytes and the contributor.
// Actor:     pending_.fetch_add(1) == 0 admits the piece to the queue; its worker takes
//            what is there and leaves only when pending_ did not grow meanwhile.  So one
//            piece is never with two workers, without a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/buffer_pool.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "engine/piece_map.h"

namespace btfast {

class PieceAssembly;
class ActivePieces;

// What committing a block meant.
struct Commit {
  bool first = false;     // ours counted; false: the block was there already (wasted)
  bool hand_off = false;  // a run is ready, or the piece is whole: push it to the queue
};

// A counted reference: the assembly and its memory stay while it lives.
class AssemblyRef {
 public:
  AssemblyRef() = default;
  AssemblyRef(AssemblyRef const& other) noexcept;
  AssemblyRef(AssemblyRef&& other) noexcept : assembly_(std::exchange(other.assembly_, nullptr)) {}
  AssemblyRef& operator=(AssemblyRef other) noexcept {
    std::swap(assembly_, other.assembly_);
    return *this;
  }
  ~AssemblyRef();
  explicit operator bool() const noexcept { return assembly_ != nullptr; }
  PieceAssembly* operator->() const noexcept { return assembly_; }
  PieceAssembly& operator*() const noexcept { return *assembly_; }
  bool operator==(AssemblyRef const& other) const noexcept { return assembly_ == other.assembly_; }

 private:
  friend class ActivePieces;
  friend class PieceAssembly;
  explicit AssemblyRef(PieceAssembly* adopted) noexcept : assembly_(adopted) {}
  PieceAssembly* assembly_ = nullptr;
};

// The exclusive right to fetch one block into its place.  Move-only; dropping it gives
// the block back, so that another peer can claim it.
class [[nodiscard]] BlockClaim {
 public:
  BlockClaim(BlockClaim&& other) noexcept
      : assembly_(std::move(other.assembly_)), block_(other.block_) {}
  BlockClaim& operator=(BlockClaim&&) = delete;
  ~BlockClaim();

  BlockRange range() const noexcept;
  std::byte* destination() const noexcept;
  AssemblyRef const& assembly() const noexcept { return assembly_; }

  // The bytes are at destination(), whole.  Consumes the claim.
  Commit commit(PeerHandle from) && noexcept;

 private:
  friend class PieceAssembly;
  BlockClaim(AssemblyRef assembly, BlockIndex block) noexcept
      : assembly_(std::move(assembly)), block_(block) {}
  AssemblyRef assembly_;  // empty once spent
  BlockIndex block_;
};

class PieceAssembly {
 public:
  // -- any thread, holding a ref
  PieceIndex piece() const noexcept;
  std::uint32_t block_count() const noexcept;
  // Claims the first unclaimed blocks in order, up to out_max; appended to `out`.
  // Fewer, or none, when all are claimed (or a streamed piece waits for memory).
  std::size_t claim_blocks(AssemblyRef const& self, std::size_t max, std::vector<BlockClaim>& out);
  bool has_unclaimed() const noexcept;  // a hint
  bool arrived(BlockIndex block) const noexcept;
  // A whole block that came without a claim: copied aside if it is still needed.
  Commit commit_copy(BlockIndex block, PeerHandle from, std::span<std::byte const> bytes);
  // Claimed blocks that have not arrived, for the endgame; appended to `out`.
  std::size_t missing_blocks(std::vector<BlockRange>& out, std::size_t max) const;
  // How many peers are assigned (see PieceAssignment).
  std::uint32_t fetchers() const noexcept;

  // (worker part and private data: engine/piece_assembly.cc's owner completes them)
};

// One peer's "I fetch this piece": finished pieces first, and a piece that nobody
// fetches any more is picked up before a new one is started.
class [[nodiscard]] PieceAssignment {
 public:
  PieceAssignment(PieceAssignment&& other) noexcept : assembly_(std::move(other.assembly_)) {}
  PieceAssignment& operator=(PieceAssignment&& other) noexcept;
  ~PieceAssignment();
  AssemblyRef const& assembly() const noexcept { return assembly_; }
  PieceAssembly* operator->() const noexcept { return assembly_.operator->(); }

 private:
  friend class ActivePieces;
  explicit PieceAssignment(AssemblyRef assembly) noexcept;
  AssemblyRef assembly_;
};

}  // namespace btfast
