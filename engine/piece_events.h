// What became of a piece, told by the worker that finished it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/types.h"

namespace btfast {

struct PieceOutcome {
  enum class Kind : std::uint8_t { kHave, kBadHash, kWriteFailed };
  Kind kind = Kind::kHave;
  PieceIndex piece;
  bool completed_torrent = false;        // kHave: the last one
  std::vector<PeerHandle> contributors;  // kBadHash: distinct senders of its blocks
  std::string failure;                   // kWriteFailed: path and reason
  Error error{Errc::kInternal};
};

// Implemented by the torrent; called on a worker, returns at once.
class PieceEvents {
 public:
  virtual ~PieceEvents() = default;
  virtual void on_piece(PieceOutcome outcome) = 0;
};

}  // namespace btfast
