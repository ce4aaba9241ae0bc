// FreshPieces: pieces that perhaps nobody has, in the order in which a super-seed offers them.
//
// Threads:   plain data, one owner.
// Invariant: a piece is in it once, however often it is added.
// Bound:     5 bytes a piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "engine/base/bitfield.h"
#include "engine/base/rng.h"
#include "engine/base/types.h"

namespace btfast {

class FreshPieces {
 public:
  // All of them, in a random order; of `threads` such lists, each begins with pieces of its own.
  FreshPieces(std::uint32_t piece_count, std::uint32_t thread, std::uint32_t threads, Rng& rng);

  bool empty() const noexcept { return order_.empty(); }
  std::size_t size() const noexcept { return order_.size(); }
  // As the last, unless it is in it.
  void add(PieceIndex piece);
  // The first; empty when there is none.
  std::optional<PieceIndex> take();

 private:
  std::deque<PieceIndex> order_;
  Bitfield in_order_;
};

}  // namespace btfast
