#include "engine/pieces/piece_counts.h"

#include <algorithm>

namespace btfast {

PieceCounts count_pieces(PieceMap const& pieces, Bitfield const& wanted, std::uint64_t whole) {
  PieceCounts counts;
  for (std::uint32_t p = 0; p < pieces.piece_count(); ++p) {
    switch (pieces.state(PieceIndex{p})) {
      case PieceState::kMissing:
      case PieceState::kLost:
        ++(wanted.test(p) ? counts.missing : counts.skipped);
        break;
      case PieceState::kClaimed:
        ++counts.fetching;
        break;
      case PieceState::kVerifying:
        ++counts.verifying;
        break;
      case PieceState::kHave:
        ++counts.have;
        break;
    }
  }
  // A piece is claimed until a worker begins with it: of those, some are whole.
  std::uint64_t const waiting = whole > counts.verifying ? whole - counts.verifying : 0;
  counts.waiting = static_cast<std::uint32_t>(std::min<std::uint64_t>(waiting, counts.fetching));
  counts.fetching -= counts.waiting;
  return counts;
}

}  // namespace btfast
