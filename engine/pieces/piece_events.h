// What became of a piece, told by the worker that finished it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/types.h"

namespace btfast {

// One block of a piece that failed its digest, then or earlier.
struct BlockSource {
  PeerHandle from;
  Sha1Digest digest{};
};

struct PieceOutcome {
  enum class Kind : std::uint8_t { kHave, kBadHash, kWriteFailed, kLost };
  Kind kind = Kind::kHave;
  PieceIndex piece;
  bool completed_torrent = false;  // kHave: the last one
  // kBadHash, and kHave of a piece that failed before: every block, in order.
  std::vector<BlockSource> blocks;
  // kBadHash, and kHave of a piece that was kept for one peer: who sent any, each once.
  std::vector<PeerHandle> senders;
  std::string failure;  // kWriteFailed, kLost: path and reason
  Error error{Errc::kInternal};
};

// Implemented by the torrent; called on a worker, returns at once.
class PieceEvents {
 public:
  virtual ~PieceEvents() = default;
  virtual void on_piece(PieceOutcome outcome) = 0;
};

}  // namespace btfast
