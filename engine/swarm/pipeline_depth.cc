#include "engine/swarm/pipeline_depth.h"

#include <algorithm>

namespace btfast {
namespace {

// 64 blocks are 1 MiB: one scatter read's worth, and enough for a disk behind the peer.
constexpr std::uint32_t kFloor = 64;
constexpr std::uint32_t kLeanFloor = 8;
// A first block may come so late because others' blocks were read before it.
constexpr std::chrono::milliseconds kOwnDelay{50};
// A round shorter than this measures the machine's jitter, not the path.
constexpr std::chrono::milliseconds kRoundMin{10};
constexpr double kGrowth = 1.10;

}  // namespace

PipelineDepth::PipelineDepth(std::uint32_t reqq) noexcept
    : reqq_(reqq), target_(std::min(kFloor, reqq)) {}

void PipelineDepth::set_reqq(std::uint32_t reqq) noexcept {
  reqq_ = reqq;
  target_ = std::clamp(target_, std::min(kFloor, reqq_), reqq_);
}

void PipelineDepth::on_block(TimePoint sent, TimePoint now) noexcept {
  snubbed_ = false;
  min_rtt_ = std::min(min_rtt_, now - sent);
  if (round_start_ == TimePoint{}) round_start_ = sent;
  ++round_blocks_;
  Duration const elapsed = now - round_start_;
  if (round_blocks_ < target_ || elapsed < kRoundMin || elapsed < min_rtt_) return;
  end_round(now, std::chrono::duration<double>(elapsed).count());
}

std::uint32_t PipelineDepth::lean_target() const noexcept {
  double const lean = std::max<double>(path_blocks(lean_rtt()), kLeanFloor);
  return lean < target() ? static_cast<std::uint32_t>(lean) : target();
}

// Of many fast peers each one's blocks wait for the others', so that what we measure grows with
// what we ask, and the system knows better.  A longer time is a path that the system does
// not see whole: a relay's, say.
Duration PipelineDepth::lean_rtt() const noexcept {
  return min_rtt_ < kOwnDelay ? std::min(min_rtt_, path_rtt_) : min_rtt_;
}

// Four times rate x RTT: room for a rate that still grows, and for the peer's own disk.
double PipelineDepth::path_blocks(Duration rtt) const noexcept {
  return rate_ > 0 ? 4 * rate_ * std::chrono::duration<double>(rtt).count() : 0;
}

void PipelineDepth::end_round(TimePoint now, double seconds) noexcept {
  rate_ = round_blocks_ / seconds;
  round_blocks_ = 0;
  round_start_ = now;
  double const useful = path_blocks(min_rtt_) + kFloor;
  if (rate_ > best_rate_ * kGrowth) {
    best_rate_ = rate_;
    target_ *= 2;
  } else {
    best_rate_ = std::max(rate_, best_rate_ * 0.98);  // forget a rate that is gone
  }
  double const bounded = std::min(static_cast<double>(target_), useful);
  target_ = std::clamp(static_cast<std::uint32_t>(bounded), std::min(kFloor, reqq_), reqq_);
}

}  // namespace btfast
