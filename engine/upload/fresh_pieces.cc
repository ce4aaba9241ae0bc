#include "engine/upload/fresh_pieces.h"

#include <algorithm>

namespace btfast {

FreshPieces::FreshPieces(std::uint32_t piece_count, std::uint32_t thread, std::uint32_t threads,
                         Rng& rng)
    : in_order_(piece_count, true) {
  for (std::uint32_t p = 0; p < piece_count; ++p) order_.push_back(PieceIndex{p});
  std::shuffle(order_.begin(), order_.end(), rng);
  std::stable_partition(order_.begin(), order_.end(),
                        [&](PieceIndex p) { return p.value % threads == thread; });
}

void FreshPieces::add(PieceIndex piece) {
  if (in_order_.test(piece)) return;
  in_order_.set(piece);
  order_.push_back(piece);
}

std::optional<PieceIndex> FreshPieces::take() {
  if (order_.empty()) return std::nullopt;
  PieceIndex const piece = order_.front();
  order_.pop_front();
  in_order_.reset(piece.value);
  return piece;
}

}  // namespace btfast
