// PipelineDepth: how many blocks to keep asked of one peer.
//
// Starts small and doubles after every round that was faster than the best before (a
// round is one pipeline's worth of blocks), so a long fat path is full within a few round
// trips.  What a peer needs is about rate x RTT; the depth is bounded by a multiple of
// that and by the peer's reqq (BEP 10).
//
// Threads: plain data of one net thread; time is passed in.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/clock.h"

namespace btfast {

class PipelineDepth {
 public:
  explicit PipelineDepth(std::uint32_t reqq) noexcept;

  void set_reqq(std::uint32_t reqq) noexcept;
  // The path's round trip as the system knows it, without what waits at either end.
  void set_path_rtt(Duration rtt) noexcept { path_rtt_ = rtt; }
  // A block asked at `sent` arrived.
  void on_block(TimePoint sent, TimePoint now) noexcept;
  // Nothing came for a long time: ask one block until something does.
  void snub() noexcept { snubbed_ = true; }

  // Not more than this until uncap(); at least one.
  void cap(std::uint32_t blocks) noexcept { cap_ = std::max(blocks, 1u); }
  void uncap() noexcept { cap_ = kUncapped; }

  std::uint32_t target() const noexcept { return snubbed_ ? 1 : std::min(target_, cap_); }
  // What the path itself needs, and little more: for when there is much in flight.
  std::uint32_t lean_target() const noexcept;
  bool snubbed() const noexcept { return snubbed_; }
  Duration min_rtt() const noexcept { return min_rtt_; }
  double blocks_per_s() const noexcept { return rate_; }

 private:
  Duration lean_rtt() const noexcept;
  double path_blocks(Duration rtt) const noexcept;
  void end_round(TimePoint now, double seconds) noexcept;

  static constexpr std::uint32_t kUncapped = ~std::uint32_t{0};

  std::uint32_t reqq_;
  std::uint32_t cap_ = kUncapped;
  std::uint32_t target_;
  std::uint32_t round_blocks_ = 0;
  TimePoint round_start_{};
  double rate_ = 0;       // of the last round
  double best_rate_ = 0;  // that the depth grew for
  Duration min_rtt_ = Duration::max();
  Duration path_rtt_ = Duration::max();  // not known
  bool snubbed_ = false;
};

}  // namespace btfast
