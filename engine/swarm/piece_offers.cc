#include "engine/swarm/piece_offers.h"

namespace btfast {

bool PieceOffers::try_offer(PieceIndex piece) noexcept {
  std::uint64_t nobody = 0;
  if (!pieces_[piece.value].compare_exchange_strong(nobody, kOffered, std::memory_order_relaxed)) {
    return false;
  }
  free_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void PieceOffers::add(PieceIndex piece, std::uint64_t what) noexcept {
  if (pieces_[piece.value].fetch_add(what, std::memory_order_relaxed) != 0) return;
  free_.fetch_sub(1, std::memory_order_relaxed);
}

bool PieceOffers::drop(PieceIndex piece, std::uint64_t what) noexcept {
  if (pieces_[piece.value].fetch_sub(what, std::memory_order_relaxed) != what) return false;
  free_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

std::optional<PieceIndex> PieceOffers::next_free(std::uint32_t from) const noexcept {
  // Mostly there is none, and a torrent may have a million pieces.
  if (free_.load(std::memory_order_relaxed) <= 0) return std::nullopt;
  for (std::size_t p = from; p < pieces_.size(); ++p) {
    PieceIndex const piece{static_cast<std::uint32_t>(p)};
    if (value(piece) == 0) return piece;
  }
  return std::nullopt;
}

}  // namespace btfast
