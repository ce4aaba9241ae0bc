#include "engine/pieces/piece_assembly.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "engine/base/check.h"
#include "engine/base/limits.h"

namespace btfast {
namespace {

constexpr std::uint32_t kBlocksPerRun = limits::kRunBytes / limits::kBlockSize;
// Pieces up to this are handed over whole: their bytes are still in cache.
constexpr std::uint32_t kWholePieceBytes = 1u << 20;
constexpr std::int64_t kClosed = -(std::int64_t{1} << 24);  // unclaimed; below any block count

}  // namespace

// -- lifetime --------------------------------------------------------------------------------

bool PieceAssembly::start(PieceClaim& claim) {
  PieceGeometry const& geometry = table_.geometry;
  std::uint32_t const piece_bytes = geometry.piece_size(claim.piece());
  if (!memory_.start(table_.pool, piece_bytes, table_.streamed)) return false;
  piece_ = claim.piece();
  block_count_ = geometry.block_count(piece_);
  last_block_size_ = geometry.block(piece_, BlockIndex{block_count_ - 1}).length;
  hands_off_runs_ = piece_bytes > kWholePieceBytes;
  if (!blocks_) blocks_ = std::make_unique<Block[]>(geometry.blocks_per_piece_max());
  claim_.emplace(std::move(claim));
  hash_.reset();
  written_blocks_ = 0;
  verifying_ = false;
  // relaxed: refs_, stored last with release, publishes all of this to try_ref().
  for (std::uint32_t i = 0; i < block_count_; ++i) {
    blocks_[i].state.store(BlockState::kFree, std::memory_order_relaxed);
  }
  remaining_.store(block_count_, std::memory_order_relaxed);
  first_free_.store(0, std::memory_order_relaxed);
  pending_.store(0, std::memory_order_relaxed);
  hashed_.store(0, std::memory_order_relaxed);
  alone_until_.store(0, std::memory_order_relaxed);
  demand_.store(0, std::memory_order_relaxed);
  open_.store(true, std::memory_order_relaxed);
  refs_.store(2, std::memory_order_release);  // the table's, and the caller's
  add_demand(block_count_ * kOneUnclaimed);
  return true;
}

PieceClaim PieceAssembly::close() noexcept {
  open_.store(false, std::memory_order_release);
  add_demand(kClosed * kOneUnclaimed);
  count_verified();
  PieceClaim claim{std::move(*claim_)};
  claim_.reset();
  unref();  // the table's; the caller holds another
  return claim;
}

bool PieceAssembly::try_ref() noexcept {
  std::uint32_t refs = refs_.load(std::memory_order_relaxed);
  while (refs != 0) {
    // acquire: pairs with start(), and with recycle() of the slot's last piece.
    if (refs_.compare_exchange_weak(refs, refs + 1, std::memory_order_acquire,
                                    std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void PieceAssembly::ref(std::uint32_t count) noexcept {
  refs_.fetch_add(count, std::memory_order_relaxed);  // the caller's ref keeps us
}

void PieceAssembly::unref() noexcept {
  // acq_rel: recycling comes after everything that others did with their refs.
  if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) recycle();
}

// Once a piece, though a piece that is closed early may become whole after that.
void PieceAssembly::count_verified() noexcept {
  if (unverified_.exchange(false, std::memory_order_relaxed)) {
    table_.unverified.fetch_sub(1, std::memory_order_relaxed);
  }
}

void PieceAssembly::recycle() noexcept {
  BTF_CHECK(!claim_);
  count_verified();
  memory_.reset();
  for (std::uint32_t i = 0; i < block_count_; ++i) blocks_[i].aside.reset();
  table_.active.fetch_sub(1, std::memory_order_relaxed);
  table_.keys[slot_].store(0, std::memory_order_release);  // the slot's next taker acquires
}

void PieceAssembly::add_demand(std::int64_t delta) noexcept {
  // relaxed: counts for whoever looks for work; block states decide who gets it.
  std::int64_t const before = demand_.fetch_add(delta, std::memory_order_relaxed);
  std::int64_t const after = before + delta;
  int const opened = int{unclaimed(after) > 0} - int{unclaimed(before) > 0};
  int const orphaned = int{is_orphan(after)} - int{is_orphan(before)};
  if (opened != 0) table_.open.fetch_add(opened, std::memory_order_relaxed);
  if (orphaned != 0) table_.orphans.fetch_add(orphaned, std::memory_order_relaxed);
}

// -- blocks ----------------------------------------------------------------------------------

std::size_t PieceAssembly::claim_blocks(AssemblyRef const& self, std::size_t max,
                                        std::vector<BlockClaim>& out) {
  BTF_DCHECK(&*self == this);
  std::uint32_t block = first_free_.load(std::memory_order_relaxed);
  std::uint32_t claimed = 0;
  // From the hint to the end, then from the front: the hint may be too high.
  for (std::uint32_t looked = 0; looked < block_count_ && claimed < max; ++looked, ++block) {
    if (unclaimed(load_demand()) <= claimed) break;
    if (block >= block_count_) block = 0;
    Try const result = try_claim_block(BlockIndex{block});
    if (result == Try::kNoMemory) break;
    if (result == Try::kTaken) continue;
    ref(1);
    out.push_back(BlockClaim{AssemblyRef{this}, BlockIndex{block}});
    ++claimed;
  }
  if (claimed == 0) return 0;
  first_free_.store(block, std::memory_order_relaxed);
  add_demand(-std::int64_t{claimed} * kOneUnclaimed);
  return claimed;
}

PieceAssembly::Try PieceAssembly::try_claim_block(BlockIndex block) noexcept {
  std::atomic<BlockState>& state = blocks_[block.value].state;
  if (state.load(std::memory_order_relaxed) != BlockState::kFree) return Try::kTaken;
  if (!memory_.hold(block)) return Try::kNoMemory;
  BlockState expected = BlockState::kFree;
  // acquire: our writes to the place come after those of a claim that was given back.
  if (state.compare_exchange_strong(expected, BlockState::kClaimed, std::memory_order_acquire,
                                    std::memory_order_relaxed)) {
    return Try::kClaimed;
  }
  memory_.drop(block);
  return Try::kTaken;
}

void PieceAssembly::give_back_block(BlockIndex block) noexcept {
  BlockState expected = BlockState::kClaimed;
  // release: pairs with the next claim.  Fails when a copy of the block came meanwhile.
  if (blocks_[block.value].state.compare_exchange_strong(
          expected, BlockState::kFree, std::memory_order_release, std::memory_order_relaxed)) {
    note_first_free(block.value);
    add_demand(kOneUnclaimed);
  }
}

void PieceAssembly::note_first_free(std::uint32_t block) noexcept {
  std::uint32_t first = first_free_.load(std::memory_order_relaxed);
  while (block < first &&
         !first_free_.compare_exchange_weak(first, block, std::memory_order_relaxed)) {
  }
}

Commit PieceAssembly::commit_in_place(BlockIndex block, PeerHandle from) noexcept {
  Block& target = blocks_[block.value];
  BlockState expected = BlockState::kClaimed;
  // acquire on both paths: of two commits the second sees the first whole.
  if (!target.state.compare_exchange_strong(expected, BlockState::kCommitting,
                                            std::memory_order_acquire)) {
    return {};
  }
  return arrive(target, from);
}

Commit PieceAssembly::commit_copy(BlockIndex block, PeerHandle from,
                                  std::span<std::byte const> bytes) {
  BTF_CHECK(block.value < block_count_ && bytes.size() == size_of(block.value));
  Block& target = blocks_[block.value];
  BlockState state = target.state.load(std::memory_order_relaxed);
  do {
    if (state == BlockState::kCommitting || state == BlockState::kArrived) return {};
  } while (!target.state.compare_exchange_weak(
      state, BlockState::kCommitting, std::memory_order_acquire, std::memory_order_relaxed));
  if (state == BlockState::kFree && !memory_.counted()) {
    // No claim is alive, so nobody else writes to the place.
    std::memcpy(memory_.place(block), bytes.data(), bytes.size());
  } else {
    target.aside = std::make_unique<std::byte[]>(bytes.size());
    std::memcpy(target.aside.get(), bytes.data(), bytes.size());
  }
  if (state == BlockState::kFree) add_demand(-kOneUnclaimed);
  return arrive(target, from);
}

Commit PieceAssembly::arrive(Block& block, PeerHandle from) noexcept {
  block.from = from;
  block.state.store(BlockState::kArrived, std::memory_order_release);
  // acq_rel: who brings the last block has acquired all the others.
  std::uint32_t const left = remaining_.fetch_sub(1, std::memory_order_acq_rel) - 1;
  if (left == 0) {
    std::int32_t const whole = table_.unverified.fetch_add(1, std::memory_order_relaxed) + 1;
    table_.unverified_most.note(static_cast<std::uint64_t>(std::max(whole, 0)));
    unverified_.store(true, std::memory_order_relaxed);
    return {.first = true, .hand_off = true};
  }
  bool const run_ready = hands_off_runs_ && (block_count_ - left) % kBlocksPerRun == 0 &&
                         hashed_blocks() < block_count_ && arrived(BlockIndex{hashed_blocks()});
  return {.first = true, .hand_off = run_ready};
}

bool PieceAssembly::arrived(BlockIndex block) const noexcept {
  return blocks_[block.value].state.load(std::memory_order_acquire) == BlockState::kArrived;
}

std::size_t PieceAssembly::missing_blocks(std::vector<BlockRange>& out, std::size_t max) const {
  std::size_t found = 0;
  for (std::uint32_t i = 0; i < block_count_ && found < max && open(); ++i) {
    // relaxed: a block that arrives now is asked for once too often, and cancelled.
    if (blocks_[i].state.load(std::memory_order_relaxed) != BlockState::kClaimed) continue;
    out.push_back(table_.geometry.block(piece_, BlockIndex{i}));
    ++found;
  }
  return found;
}

// relaxed: hints for whoever looks for work.
void PieceAssembly::keep_alone(CoarseTime until) noexcept {
  alone_until_.store(until.ms | 1, std::memory_order_relaxed);
}

bool PieceAssembly::is_alone(CoarseTime now) const noexcept {
  CoarseTime until;
  until.ms = alone_until_.load(std::memory_order_relaxed);
  return until.ms != 0 && until.ms_since(now) > 0;
}

bool PieceAssembly::failed_before() const noexcept {
  return table_.failed[piece_.value].load(std::memory_order_relaxed);
}

std::uint32_t PieceAssembly::size_of(std::uint32_t block) const noexcept {
  return block + 1 == block_count_ ? last_block_size_ : limits::kBlockSize;
}

std::span<std::byte const> PieceAssembly::bytes_of(std::uint32_t block) const noexcept {
  std::byte const* const aside = blocks_[block].aside.get();
  return {aside != nullptr ? aside : memory_.place(BlockIndex{block}), size_of(block)};
}

// -- tokens ----------------------------------------------------------------------------------

AssemblyTable::AssemblyTable(PieceGeometry const& pieces, std::uint64_t budget_bytes)
    : geometry(pieces),
      slot_count(static_cast<std::uint32_t>(
          std::clamp<std::uint64_t>(budget_bytes / pieces.piece_length(), limits::kActivePiecesMin,
                                    limits::kActivePiecesMax))),
      streamed(pieces.piece_length() > budget_bytes / 4),
      keys(std::make_unique<std::atomic<std::uint32_t>[]>(slot_count)),
      failed(std::make_unique<std::atomic<bool>[]>(pieces.piece_count())),
      pool(std::min(pieces.piece_length(), limits::kSegmentBytes), budget_bytes) {}

AssemblyRef::AssemblyRef(AssemblyRef const& other) noexcept : assembly_(other.assembly_) {
  if (assembly_ != nullptr) assembly_->ref(1);
}

AssemblyRef::~AssemblyRef() {
  if (assembly_ != nullptr) assembly_->unref();
}

BlockClaim::~BlockClaim() {
  if (!assembly_) return;
  if (!spent_) assembly_->give_back_block(block_);
  assembly_->memory_.drop(block_);
}

BlockRange BlockClaim::range() const noexcept {
  return assembly_->table_.geometry.block(assembly_->piece(), block_);
}

std::byte* BlockClaim::destination() const noexcept { return assembly_->memory_.place(block_); }

Commit BlockClaim::commit(PeerHandle from) && noexcept {
  BTF_DCHECK(!spent_);
  spent_ = true;
  return assembly_->commit_in_place(block_, from);
}

PieceAssignment::PieceAssignment(AssemblyRef assembly) noexcept : assembly_(std::move(assembly)) {
  assembly_->add_demand(PieceAssembly::kOneFetcher);
}

PieceAssignment& PieceAssignment::operator=(PieceAssignment&& other) noexcept {
  PieceAssignment taken{std::move(other)};
  std::swap(assembly_, taken.assembly_);
  return *this;
}

PieceAssignment::~PieceAssignment() {
  if (assembly_) assembly_->add_demand(-PieceAssembly::kOneFetcher);
}

}  // namespace btfast
