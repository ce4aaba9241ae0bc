#include "engine/upload/peer_evidence.h"

#include <algorithm>

namespace btfast {

void PeerEvidence::on_late_proof() noexcept {
  unproved_.clear();
  proof_patience_ = std::min<Duration>(2 * proof_patience_, kLongest);
}

void PeerEvidence::on_unproved(PieceIndex piece) {
  if (!passes_nothing_on()) unproved_.push_back(piece);
}

void PeerEvidence::on_fed(TimePoint now) noexcept {
  longest_wait_ = std::max(longest_wait_, now - fed_at_);
  fed_at_ = now;
  trials_ = 0;
}

Duration PeerEvidence::fed_patience() const noexcept {
  // Who waits already may get nothing at all.
  if (trials_ > 0) return kShortest;
  return std::clamp<Duration>(4 * longest_wait_, kShortest, kLongest);
}

}  // namespace btfast
