#include "engine/swarm/rate_gate.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"

namespace btfast {
namespace {

// How often the line is looked at: often enough for fast peers' pipelines, and within the
// bucket's burst, so that nothing is lost between two looks.
constexpr Duration kPauseMin = std::chrono::milliseconds{5};
constexpr Duration kPauseMax = std::chrono::milliseconds{100};
static_assert(kPauseMax < TokenBucket::kBurst);

}  // namespace

RateGate::RateGate(TokenBucket& bucket, net::TimerWheel& timers,
                   std::function<void(PeerHandle)> serve)
    : bucket_(bucket),
      timers_(timers),
      serve_(std::move(serve)),
      slice_(bucket),
      timer_(timers, [this] { serve_line(); }) {}

std::uint64_t RateGate::allowance(PeerHandle peer) {
  if (serving_ && share_ > 0) return static_cast<std::uint64_t>(share_);
  if (!serving_ && line_.empty() && slice_.left() > 0) {
    return static_cast<std::uint64_t>(slice_.left());
  }
  join(peer);
  return 0;
}

void RateGate::spend(std::uint64_t bytes) noexcept {
  slice_.spend(bytes);
  share_ -= static_cast<std::int64_t>(bytes);
}

void RateGate::join(PeerHandle peer) {
  if (std::find(line_.begin(), line_.end(), peer) == line_.end()) line_.push_back(peer);
  if (!timer_.armed()) timer_.arm(std::clamp(bucket_.block_time(), kPauseMin, kPauseMax));
}

// One slice a look, so that net threads that look at different moments get the same.
void RateGate::serve_line() {
  slice_.refill(timers_.now());
  while (!line_.empty() && slice_.left() > 0) {
    auto const among = static_cast<std::int64_t>(line_.size());
    share_ = std::max<std::int64_t>(slice_.left() / among, limits::kBlockSize);
    PeerHandle const peer = line_.front();
    line_.pop_front();
    serving_ = true;
    serve_(peer);
    serving_ = false;
  }
  if (!line_.empty()) timer_.arm(std::clamp(bucket_.block_time(), kPauseMin, kPauseMax));
}

}  // namespace btfast
