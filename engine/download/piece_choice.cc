#include "engine/download/piece_choice.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace btfast {

bool PieceChoice::may_fetch(Peer const& peer, PieceIndex piece, TimePoint now) const noexcept {
  if (!peer.has.test(piece) || !picker_.wanted(piece)) return false;
  if (peer.download.refusals.refuses(piece, now)) return false;
  if (!peer.peer_choking) return true;
  auto const& allowed = peer.download.allowed_fast;
  return std::find(allowed.begin(), allowed.end(), piece) != allowed.end();
}

bool PieceChoice::assign(Peer& peer, TimePoint now) {
  peer.download.out_of_budget = false;
  auto found = find(peer, now);
  peer.download.hungry = !found;
  if (!found) return false;
  peer.download.assignment.emplace(*std::move(found));
  return true;
}

std::optional<PieceAssignment> PieceChoice::find(Peer& peer, TimePoint now) {
  auto const may = [&](PieceIndex p) { return may_fetch(peer, p, now); };
  PieceFilter const fetchable{std::cref(may)};  // by reference, it allocates nothing
  ActivePieces& active = torrent_.active();
  if (peer.download.on_parole) {
    auto found = start_piece(peer, now);
    return found ? std::move(found) : active.try_adopt(fetchable);
  }
  auto found = active.try_adopt(fetchable);
  // With much in flight, pieces that others are on come before new ones.
  bool const roomy = active.roomy();
  if (!found && roomy) found = start_piece(peer, now);
  if (!found) found = active.try_join(fetchable, CoarseTime{now});
  if (!found && !roomy) found = start_piece(peer, now);
  return found;
}

std::optional<PieceAssignment> PieceChoice::start_piece(Peer& peer, TimePoint now) {
  peer.download.out_of_budget = !torrent_.active().workers_keep_up();
  if (peer.download.out_of_budget) return std::nullopt;
  auto const is_free = [&](PieceIndex p) {
    return torrent_.pieces().looks_missing(p) && may_fetch(peer, p, now);
  };
  // Another net thread may win a piece between the look and the claim; then look again.
  while (auto const piece = picker_.pick(peer.has, std::cref(is_free))) {
    StartRefusal why = StartRefusal::kNone;
    if (auto started = torrent_.active().try_start(*piece, why)) {
      bool const alone = peer.download.on_parole || (*started)->failed_before();
      // As long as a peer that sends nothing keeps what it was asked for.
      TimePoint const until = now + torrent_.config().request_timeout;
      if (alone) (*started)->keep_alone(CoarseTime{until});
      return started;
    }
    if (why == StartRefusal::kBudget) {
      peer.download.out_of_budget = true;
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace btfast
