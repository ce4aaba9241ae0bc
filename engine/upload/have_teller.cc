#include "engine/upload/have_teller.h"

namespace btfast {

void HaveTeller::offer(Peer& peer) {
  bool const fetches = peer.peer_interested && !peer.am_choking;
  if (fetches || peers_.size() <= kFewPeers) tell(peer);
}

void HaveTeller::on_tick() {
  if (pieces_.empty() || ++ticks_ < 1 + peers_.size() / kPeersATick) return;
  peers_.for_each([this](Peer& peer) {
    if (peer.opened && !peer.closing) tell(peer);
    peer.haves_told = 0;
  });
  pieces_.clear();
  ticks_ = 0;
}

void HaveTeller::tell(Peer& peer) {
  for (; peer.haves_told < pieces_.size(); ++peer.haves_told) {
    PieceIndex const piece = pieces_[peer.haves_told];
    if (!peer.has.test(piece)) peer.connection->send(net::Have{.piece = piece.value});
  }
}

}  // namespace btfast
