#include "engine/pieces/piece_map.h"

#include "engine/base/check.h"

namespace btfast {

PieceClaim::~PieceClaim() {
  if (map_ == nullptr) return;
  // release: whoever claims the piece next sees what this holder left behind.
  map_->states_[piece_.value].store(PieceState::kMissing, std::memory_order_release);
}

void PieceClaim::begin_verify() noexcept {
  BTF_DCHECK(map_ != nullptr);
  // relaxed: for pickers and people; the claim itself is the right to the piece.
  map_->states_[piece_.value].store(PieceState::kVerifying, std::memory_order_relaxed);
}

bool PieceClaim::publish_have() && noexcept {
  PieceMap* const map = std::exchange(map_, nullptr);
  BTF_DCHECK(map != nullptr);
  map->states_[piece_.value].store(PieceState::kHave, std::memory_order_release);
  // acq_rel: who sees the torrent complete sees every piece that made it so.
  return map->have_count_.fetch_add(1, std::memory_order_acq_rel) + 1 == map->piece_count_;
}

PieceMap::PieceMap(std::uint32_t piece_count)
    : piece_count_(piece_count),
      states_(std::make_unique<std::atomic<PieceState>[]>(piece_count)) {}

std::optional<PieceClaim> PieceMap::try_claim(PieceIndex piece) noexcept {
  BTF_DCHECK(piece.value < piece_count_);
  PieceState expected = PieceState::kMissing;
  // acquire: pairs with the release of a claim that was dropped.
  if (!states_[piece.value].compare_exchange_strong(
          expected, PieceState::kClaimed, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    return std::nullopt;
  }
  return PieceClaim{*this, piece};
}

bool PieceMap::withdraw(PieceIndex piece) noexcept {
  PieceState expected = PieceState::kHave;
  // relaxed: nobody reads the bytes of a piece because it is lost.
  bool const had = states_[piece.value].compare_exchange_strong(
      expected, PieceState::kLost, std::memory_order_relaxed, std::memory_order_relaxed);
  if (had) have_count_.fetch_sub(1, std::memory_order_relaxed);
  return had;
}

Bitfield PieceMap::snapshot() const {
  Bitfield have{piece_count_};
  for (std::uint32_t i = 0; i < piece_count_; ++i) {
    if (has(PieceIndex{i})) have.set(PieceIndex{i});
  }
  return have;
}

}  // namespace btfast
