#include "engine/swarm/refusals.h"

#include <algorithm>

namespace btfast {
namespace {

constexpr unsigned kDoublings = 9;  // 100 ms * 2^9 is more than kRestMax

}  // namespace

void Refusals::on_reject(PieceIndex piece, TimePoint now) {
  std::erase_if(pieces_, [&](Refused const& r) { return r.piece == piece || now >= r.until; });
  if (pieces_.size() >= kPieces) pieces_.erase(pieces_.begin());
  pieces_.push_back({piece, now + kPieceRest});
  // The rejects of one batch of requests are one refusal.
  if (resting(now)) return;
  Duration const rest = kRestMin * (1 << std::min(rests_, kDoublings));
  rest_until_ = now + std::min<Duration>(rest, kRestMax);
  ++rests_;
}

bool Refusals::refuses(PieceIndex piece, TimePoint now) const noexcept {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [&](Refused const& r) { return r.piece == piece && now < r.until; });
}

}  // namespace btfast
