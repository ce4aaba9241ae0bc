#include "engine/pieces/active_pieces.h"

#include <algorithm>

#include "engine/base/check.h"

namespace btfast {
namespace {

// Below this much in flight a peer starts pieces of its own; above, peers share the open ones.
constexpr std::uint64_t kRoomyBytes = 16 * kMiB;
// Whole pieces waiting for each worker: what fills its four lanes.
constexpr std::uint64_t kUnverifiedBytes = 4 * kMiB;

// Enough that every worker fills its lanes while the next pieces wait for it.
std::int32_t unverified_max(std::uint64_t piece_bytes, int workers) noexcept {
  std::uint64_t const per_worker = std::max<std::uint64_t>(kUnverifiedBytes / piece_bytes, 1);
  std::uint64_t const pieces = per_worker * static_cast<std::uint64_t>(workers);
  return static_cast<std::int32_t>(std::max<std::uint64_t>(pieces, 2));
}

}  // namespace

ActivePieces::ActivePieces(PieceGeometry const& geometry, PieceMap& map, std::uint64_t budget_bytes,
                           int workers)
    : map_(map),
      table_(geometry, budget_bytes),
      assemblies_(std::make_unique<std::atomic<PieceAssembly*>[]>(table_.slot_count)),
      unverified_max_(unverified_max(geometry.piece_length(), workers)) {}

ActivePieces::~ActivePieces() {
  for (std::uint32_t slot = 0; slot < table_.slot_count; ++slot) {
    // Without the actor rule: the queues are gone, perhaps with pieces that no worker saw.
    if (AssemblyRef const assembly = ref_at(slot)) static_cast<void>(assembly->close());
  }
  BTF_CHECK(active_count() == 0);  // else a token outlives us
  for (std::uint32_t slot = 0; slot < table_.slot_count; ++slot) {
    delete assemblies_[slot].load(std::memory_order_relaxed);
  }
}

bool ActivePieces::workers_keep_up() noexcept {
  // relaxed: a piece is done before its news is sent, so who hears of it sees the count.
  std::int32_t const unverified = table_.unverified.load(std::memory_order_relaxed);
  if (unverified >= unverified_max_) behind_.store(true, std::memory_order_relaxed);
  if (unverified <= unverified_max_ / 2) behind_.store(false, std::memory_order_relaxed);
  return !behind_.load(std::memory_order_relaxed);
}

bool ActivePieces::roomy() const noexcept {
  // A streamed piece takes a segment at a time; the others will need what they reserved.
  std::uint64_t const segment = table_.pool.segment_bytes();
  std::uint64_t const more = table_.streamed ? segment : table_.geometry.piece_length();
  std::uint64_t const held =
      segment * (table_.streamed ? table_.pool.in_use() : table_.pool.reserved());
  return held + more <= std::max(kRoomyBytes, 2 * more);
}

std::optional<PieceAssignment> ActivePieces::try_start(PieceIndex piece, StartRefusal& why) {
  why = StartRefusal::kBudget;
  if (!memory_left_for(piece)) return std::nullopt;
  auto claim = map_.try_claim(piece);
  if (!claim) {
    why = StartRefusal::kTaken;
    return std::nullopt;
  }
  auto const slot = take_slot(piece);
  if (!slot) return std::nullopt;
  PieceAssembly& assembly = assembly_in(*slot);
  if (!assembly.start(*claim)) {
    table_.active.fetch_sub(1, std::memory_order_relaxed);
    table_.keys[*slot].store(0, std::memory_order_release);
    return std::nullopt;
  }
  why = StartRefusal::kNone;
  return PieceAssignment{AssemblyRef{&assembly}};
}

std::optional<PieceAssignment> ActivePieces::try_adopt(PieceFilter const& wanted) {
  if (table_.orphans.load(std::memory_order_relaxed) <= 0) return std::nullopt;
  AssemblyRef found = find_first(
      [](PieceAssembly const& piece) { return PieceAssembly::is_orphan(piece.load_demand()); },
      wanted);
  if (!found) return std::nullopt;
  return PieceAssignment{std::move(found)};
}

std::optional<PieceAssignment> ActivePieces::try_join(PieceFilter const& wanted, CoarseTime now) {
  if (table_.open.load(std::memory_order_relaxed) <= 0) return std::nullopt;
  AssemblyRef found = find_first(
      [&](PieceAssembly const& piece) { return piece.has_unclaimed() && !piece.is_alone(now); },
      wanted);
  if (!found) return std::nullopt;
  return PieceAssignment{std::move(found)};
}

AssemblyRef ActivePieces::find(PieceIndex piece) noexcept {
  std::uint32_t const used = table_.used.load(std::memory_order_acquire);
  for (std::uint32_t slot = 0; slot < used; ++slot) {
    if (table_.keys[slot].load(std::memory_order_relaxed) != piece.value + 1) continue;
    AssemblyRef assembly = ref_at(slot);
    if (assembly && assembly->piece() == piece) return assembly;
  }
  return {};
}

std::size_t ActivePieces::missing_blocks(PieceFilter const& wanted, CoarseTime now, std::size_t max,
                                         std::vector<BlockRange>& out) {
  std::size_t found = 0;
  std::uint32_t const used = table_.used.load(std::memory_order_acquire);
  for (std::uint32_t slot = 0; slot < used && found < max; ++slot) {
    AssemblyRef const assembly = ref_at(slot);
    if (!assembly || assembly->is_alone(now) || !wanted(assembly->piece())) continue;
    found += assembly->missing_blocks(out, max - found);
  }
  return found;
}

bool ActivePieces::drop_one(PieceFilter const& unwanted) {
  auto const unfetched = [](PieceAssembly const& piece) { return piece.fetchers() == 0; };
  AssemblyRef const found = find_first(unfetched, [&](PieceIndex piece) {
    return map_.state(piece) == PieceState::kClaimed && unwanted(piece);
  });
  return found && !found->whole() && drop(found);
}

// Dropping acts as the piece's worker, so no worker can be writing the piece meanwhile.
bool ActivePieces::drop(AssemblyRef const& assembly) noexcept {
  if (!assembly->try_admit_alone()) return false;
  bool const was_open = assembly->open();
  if (was_open) static_cast<void>(assembly->close());
  while (!assembly->leave(assembly->pending())) {
  }
  return was_open;
}

template <class Suits>
AssemblyRef ActivePieces::find_first(Suits const& suits, PieceFilter const& wanted) const {
  std::uint32_t const used = table_.used.load(std::memory_order_acquire);
  for (std::uint32_t slot = 0; slot < used; ++slot) {
    std::uint32_t const key = table_.keys[slot].load(std::memory_order_relaxed);
    PieceAssembly const* const looked_at = assemblies_[slot].load(std::memory_order_acquire);
    if (key == 0 || looked_at == nullptr || !suits(*looked_at)) continue;
    if (!wanted(PieceIndex{key - 1})) continue;
    AssemblyRef assembly = ref_at(slot);
    // The slot may have passed to another piece while we asked.
    if (assembly && assembly->piece().value + 1 == key) return assembly;
  }
  return {};
}

AssemblyRef ActivePieces::ref_at(std::uint32_t slot) const noexcept {
  PieceAssembly* const assembly = assemblies_[slot].load(std::memory_order_acquire);
  if (assembly == nullptr || !assembly->try_ref()) return {};
  AssemblyRef held{assembly};
  return held->open() ? held : AssemblyRef{};
}

bool ActivePieces::memory_left_for(PieceIndex piece) const noexcept {
  if (table_.streamed) return table_.pool.in_use() < table_.pool.capacity();
  std::uint32_t const left = table_.pool.capacity() - table_.pool.reserved();
  std::uint64_t const bytes = table_.geometry.piece_size(piece);
  return bytes <= left * std::uint64_t{table_.pool.segment_bytes()};
}

std::optional<std::uint32_t> ActivePieces::take_slot(PieceIndex piece) noexcept {
  for (std::uint32_t slot = 0; slot < table_.slot_count; ++slot) {
    std::uint32_t free = table_.keys[slot].load(std::memory_order_relaxed);
    // acquire: pairs with recycle() of the slot's last piece.
    if (free != 0 ||
        !table_.keys[slot].compare_exchange_strong(free, piece.value + 1, std::memory_order_acquire,
                                                   std::memory_order_relaxed)) {
      continue;
    }
    table_.active.fetch_add(1, std::memory_order_relaxed);
    std::uint32_t used = table_.used.load(std::memory_order_relaxed);
    while (used <= slot &&
           !table_.used.compare_exchange_weak(used, slot + 1, std::memory_order_release,
                                              std::memory_order_relaxed)) {
    }
    return slot;
  }
  return std::nullopt;
}

PieceAssembly& ActivePieces::assembly_in(std::uint32_t slot) {
  PieceAssembly* assembly = assemblies_[slot].load(std::memory_order_acquire);
  if (assembly == nullptr) {
    assembly = new PieceAssembly{table_, slot};
    assemblies_[slot].store(assembly, std::memory_order_release);
  }
  return *assembly;
}

std::uint32_t ActivePieces::active_count() const noexcept {
  return static_cast<std::uint32_t>(table_.active.load(std::memory_order_relaxed));
}

std::uint64_t ActivePieces::bytes_in_flight() const noexcept {
  return std::uint64_t{table_.pool.in_use()} * table_.pool.segment_bytes();
}

std::uint64_t ActivePieces::budget_bytes() const noexcept {
  return std::uint64_t{table_.pool.capacity()} * table_.pool.segment_bytes();
}

std::uint64_t ActivePieces::bytes_in_flight_most() const noexcept {
  return table_.pool.most_in_use().get() * table_.pool.segment_bytes();
}

QueueDepth ActivePieces::unverified() const noexcept {
  std::int32_t const whole = table_.unverified.load(std::memory_order_relaxed);
  return QueueDepth::of(static_cast<std::uint64_t>(std::max(whole, 0)), table_.unverified_most,
                        table_.slot_count);
}

}  // namespace btfast
