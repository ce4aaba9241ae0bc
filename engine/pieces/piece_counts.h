// PieceCounts: how many pieces of a torrent are in which state, for people.
//
// Threads:   any.
// Invariant: the sum is the number of pieces, also while they change: each piece is looked at
//            once, and what no single look can tell is split from what was counted.
#pragma once

#include <cstdint>

#include "engine/base/bitfield.h"
#include "engine/pieces/piece_map.h"

namespace btfast {

struct PieceCounts {
  std::uint32_t missing = 0;    // nobody fetches them now; those that the disk lost as well
  std::uint32_t fetching = 0;   // some of their blocks are not here
  std::uint32_t waiting = 0;    // whole, and no worker is at them
  std::uint32_t verifying = 0;  // hashed or written
  std::uint32_t have = 0;
  std::uint32_t skipped = 0;  // missing, and not wanted
  bool operator==(PieceCounts const&) const = default;

  std::uint32_t sum() const noexcept {
    return missing + fetching + waiting + verifying + have + skipped;
  }
};

// `whole`: pieces that no worker is done with (ActivePieces::unverified()).
PieceCounts count_pieces(PieceMap const& pieces, Bitfield const& wanted, std::uint64_t whole);

}  // namespace btfast
