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
  if (trials_ == 0 || kFaster * ++fed_ <= round_) return;
  on_tried_in_vain();
}

void PeerEvidence::count_trials(std::size_t pieces) noexcept {
  if (pieces == 0) return;
  // The trial before went well.
  if (trials_ > 0) try_fed_patience_ = kTryFed;
  round_ = static_cast<std::uint32_t>(pieces);
  trials_ += round_;
  fed_ = 0;
}

void PeerEvidence::on_tried_in_vain() noexcept {
  try_fed_patience_ = std::min<Duration>(2 * try_fed_patience_, kLongest);
  trials_ = 0;
}

Duration PeerEvidence::fed_patience() const noexcept {
  // Who waits already may get nothing at all.
  if (trials_ > 0) return kShortest;
  return std::clamp<Duration>(4 * longest_wait_, kShortest, kLongest);
}

}  // namespace btfast
