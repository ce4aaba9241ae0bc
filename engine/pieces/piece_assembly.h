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

#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/buffer_pool.h"
#include "engine/base/high_water.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/sha1.h"
#include "engine/base/types.h"
#include "engine/pieces/coarse_time.h"
#include "engine/pieces/piece_map.h"
#include "engine/pieces/piece_memory.h"

namespace btfast {

class PieceAssembly;
class ActivePieces;

// What all assemblies of one torrent share.
struct AssemblyTable {
  AssemblyTable(PieceGeometry const& geometry, std::uint64_t budget_bytes);

  // Immutable after construction.
  PieceGeometry const geometry;
  std::uint32_t const slot_count;
  bool const streamed;
  // keys[slot]: piece index + 1 while the slot is in use, else 0.
  std::unique_ptr<std::atomic<std::uint32_t>[]> const keys;
  // By piece: it failed its digest at least once.  Relaxed: set and read under its claim.
  std::unique_ptr<std::atomic<bool>[]> const failed;

  // Atomic: any thread.
  SegmentPool pool;
  std::atomic<std::uint32_t> used{0};               // no slot from here on was ever in use
  alignas(64) std::atomic<std::int32_t> active{0};  // slots in use
  std::atomic<std::int32_t> open{0};                // pieces with unclaimed blocks
  std::atomic<std::int32_t> orphans{0};             // of those, the ones that nobody fetches
  std::atomic<std::int32_t> unverified{0};          // whole pieces that no worker is done with
  HighWater unverified_most;
};

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
      : assembly_(std::move(other.assembly_)), block_(other.block_), spent_(other.spent_) {}
  BlockClaim& operator=(BlockClaim&&) = delete;
  ~BlockClaim();

  BlockRange range() const noexcept;
  std::byte* destination() const noexcept;
  AssemblyRef const& assembly() const noexcept { return assembly_; }

  // The bytes are at destination(), whole.  Spends the claim; assembly() still answers.
  Commit commit(PeerHandle from) && noexcept;

 private:
  friend class PieceAssembly;
  BlockClaim(AssemblyRef assembly, BlockIndex block) noexcept
      : assembly_(std::move(assembly)), block_(block) {}
  AssemblyRef assembly_;  // empty once moved from
  BlockIndex block_;
  bool spent_ = false;
};

class PieceAssembly {
 public:
  PieceAssembly(AssemblyTable& table, std::uint32_t slot) : table_(table), slot_(slot) {}
  PieceAssembly(PieceAssembly const&) = delete;
  PieceAssembly& operator=(PieceAssembly const&) = delete;

  // -- any thread, holding a ref
  PieceIndex piece() const noexcept { return piece_; }
  std::uint32_t block_count() const noexcept { return block_count_; }
  // Claims the first unclaimed blocks in order, up to `max`; appended to `out`.
  // Fewer, or none, when all are claimed (or a streamed piece waits for memory).
  std::size_t claim_blocks(AssemblyRef const& self, std::size_t max, std::vector<BlockClaim>& out);
  bool has_unclaimed() const noexcept { return unclaimed(load_demand()) > 0; }  // a hint
  bool arrived(BlockIndex block) const noexcept;
  // A whole block that came without a claim: copied aside if it is still needed.
  Commit commit_copy(BlockIndex block, PeerHandle from, std::span<std::byte const> bytes);
  // Claimed blocks that have not arrived, for the endgame; appended to `out`.
  std::size_t missing_blocks(std::vector<BlockRange>& out, std::size_t max) const;
  // How many peers are assigned (see PieceAssignment).
  std::uint32_t fetchers() const noexcept { return fetchers(load_demand()); }
  // Until then the piece is for one peer, so that its digest proves something about it.
  // Never longer: that peer may be slow, or stall.
  void keep_alone(CoarseTime until) noexcept;
  bool is_alone(CoarseTime now) const noexcept;
  bool failed_before() const noexcept;

  // -- the actor rule
  // True: the piece was with no worker, and the caller hands it to one (or acts as one).
  bool admit() noexcept;
  // As admit(), but leaves no mark when a worker has the piece.
  bool try_admit_alone() noexcept;
  std::uint32_t pending() const noexcept;
  // False: more came since pending() said `seen`; look again.
  bool leave(std::uint32_t seen) noexcept;

  // -- the worker that was admitted
  bool open() const noexcept { return open_.load(std::memory_order_acquire); }
  // Every block has arrived.
  bool whole() const noexcept { return remaining_.load(std::memory_order_acquire) == 0; }
  // The next bytes in order that arrived and are not hashed, contiguous and whole blocks,
  // up to `max`; empty when there are none or the piece is closed.
  std::span<std::byte const> next_run(std::size_t max) noexcept;
  // The bytes of next_run() are in hash().
  void advance(std::size_t bytes) noexcept;
  Sha1& hash() noexcept { return hash_; }
  std::uint32_t hashed_blocks() const noexcept { return hashed_.load(std::memory_order_relaxed); }
  void begin_verify() noexcept;  // once whole; the map says so while the rest is hashed
  // Appends blocks [begin, end), which arrived, in as few pieces as they lie in.
  void gather(std::uint32_t begin, std::uint32_t end, std::vector<iovec>& out) const;
  // Streamed pieces are written while they are hashed, others once their digest is right;
  // those of several segments a segment at a time.
  bool streamed() const noexcept { return memory_.streamed(); }
  bool has_segments() const noexcept { return memory_.counted(); }
  struct BlockSpan {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool empty() const noexcept { return begin == end; }
  };
  // Blocks of one segment that were hashed but not yet written; empty until the segment is
  // whole, or the piece is.  written() gives their memory back.
  BlockSpan unwritten() const noexcept;
  void written(BlockSpan blocks) noexcept;
  // Each block's sender, in order; those who sent any, each once.
  PeerHandle sender(std::uint32_t block) const noexcept { return blocks_[block].from; }
  std::vector<PeerHandle> senders() const;
  // The bytes of a block that arrived; not any more once written() says so.
  std::span<std::byte const> bytes_of(std::uint32_t block) const noexcept;
  bool was_alone() const noexcept { return alone_until_.load(std::memory_order_relaxed) != 0; }
  // The digest is wrong: whoever fetches the piece next knows.
  void note_failed() noexcept;
  // Takes the piece off the table: no further block can be claimed, and the claim in the
  // piece map is the caller's.
  PieceClaim close() noexcept;

 private:
  friend class ActivePieces;
  friend class AssemblyRef;
  friend class BlockClaim;
  friend class PieceAssignment;

  enum class BlockState : std::uint8_t { kFree, kClaimed, kCommitting, kArrived };

  struct Block {
    std::atomic<BlockState> state{BlockState::kFree};
    PeerHandle from;                     // written in kCommitting, read in kArrived
    std::unique_ptr<std::byte[]> aside;  // likewise; empty: the bytes are in place
  };

  // ActivePieces: the slot is the caller's.  False: no memory, and the claim is untouched.
  bool start(PieceClaim& claim);
  bool try_ref() noexcept;
  void ref(std::uint32_t count) noexcept;
  void unref() noexcept;
  void recycle() noexcept;
  void count_verified() noexcept;

  enum class Try : std::uint8_t { kClaimed, kTaken, kNoMemory };
  Try try_claim_block(BlockIndex block) noexcept;
  void note_first_free(std::uint32_t block) noexcept;
  void give_back_block(BlockIndex block) noexcept;
  Commit commit_in_place(BlockIndex block, PeerHandle from) noexcept;
  Commit arrive(Block& block, PeerHandle from) noexcept;
  std::uint32_t size_of(std::uint32_t block) const noexcept;

  // demand_ holds two counts in one word, so that "open" and "orphan" change at one
  // instant each: unclaimed blocks above (negative once closed), fetchers below.
  static constexpr std::int64_t kOneUnclaimed = std::int64_t{1} << 32;
  static constexpr std::int64_t kOneFetcher = 1;
  static std::int64_t unclaimed(std::int64_t demand) noexcept { return demand >> 32; }
  static std::uint32_t fetchers(std::int64_t demand) noexcept {
    return static_cast<std::uint32_t>(demand);
  }
  static bool is_orphan(std::int64_t demand) noexcept {
    return unclaimed(demand) > 0 && fetchers(demand) == 0;
  }
  std::int64_t load_demand() const noexcept { return demand_.load(std::memory_order_relaxed); }
  void add_demand(std::int64_t delta) noexcept;

  // Immutable after construction.
  AssemblyTable& table_;
  std::uint32_t const slot_;

  // Set by start(), before the first ref; then immutable until the last.
  PieceIndex piece_;
  std::uint32_t block_count_ = 0;
  std::uint32_t last_block_size_ = 0;
  std::uint32_t blocks_max_ = 0;
  bool hands_off_runs_ = false;
  std::unique_ptr<Block[]> blocks_;
  PieceMemory memory_;

  // The admitted worker only.
  std::optional<PieceClaim> claim_;
  Sha1 hash_;
  std::uint32_t written_blocks_ = 0;
  bool verifying_ = false;

  // Atomic: any thread.
  alignas(64) std::atomic<std::uint32_t> refs_{0};  // 0: the slot is free or being started
  std::atomic<std::uint32_t> remaining_{0};         // blocks that have not arrived
  std::atomic<std::int64_t> demand_{0};
  std::atomic<std::uint32_t> first_free_{0};   // a hint where to look for unclaimed blocks
  std::atomic<std::uint32_t> pending_{0};      // the actor rule
  std::atomic<std::uint32_t> hashed_{0};       // blocks, written by the worker only
  std::atomic<std::uint32_t> alone_until_{0};  // CoarseTime; 0: never alone
  std::atomic<bool> open_{false};
  std::atomic<bool> unverified_{false};  // counted as such in the table
};

// One peer's "I fetch this piece": finished pieces first, and a piece that nobody
// fetches any more is picked up before a new one is started.  Drop it once the piece has
// no unclaimed blocks: it keeps the piece's memory.
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
