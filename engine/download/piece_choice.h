// PieceChoice: the piece a peer fetches blocks of next.
//
// In this order: a piece that nobody fetches any more; a new piece (PiecePicker); a piece that
// another peer is on.  With much in flight the last two change places, and while workers are
// behind nothing new is started.  A piece that failed before, and every piece of a peer on
// parole, is kept for one peer.
//
// Threads: one net thread.  What it shares with other net threads goes through PieceMap and
//          ActivePieces.
#pragma once

#include <optional>

#include "engine/base/clock.h"
#include "engine/base/types.h"
#include "engine/download/piece_picker.h"
#include "engine/pieces/piece_assembly.h"
#include "engine/swarm/peer.h"
#include "engine/swarm/shared_torrent.h"

namespace btfast {

class PieceChoice {
 public:
  PieceChoice(SharedTorrent& torrent, PiecePicker& picker) noexcept
      : torrent_(torrent), picker_(picker) {}

  // The peer has it, we want it, and the peer gives it to us.
  bool may_fetch(Peer const& peer, PieceIndex piece, TimePoint now) const noexcept;
  // Sets peer.download.assignment; false when there is nothing to claim now: then the peer is
  // hungry, and out_of_budget says whether memory is why.
  bool assign(Peer& peer, TimePoint now);

 private:
  std::optional<PieceAssignment> find(Peer& peer, TimePoint now);
  std::optional<PieceAssignment> start_piece(Peer& peer, TimePoint now);

  SharedTorrent& torrent_;
  PiecePicker& picker_;
};

}  // namespace btfast
