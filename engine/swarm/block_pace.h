// BlockPace: how fast a peer delivers what it owes, measured from gap to gap and only
// while it owes something: a fast peer that has nothing to do stays fast.
//
// Threads: plain data of one net thread; time is passed in.
#pragma once

#include <algorithm>
#include <chrono>

#include "engine/base/clock.h"

namespace btfast {

class BlockPace {
 public:
  // A block asked at `sent` came `now`; the one before it came at `previous`.
  void on_block(TimePoint sent, TimePoint previous, TimePoint now) noexcept {
    double const gap = seconds(now - std::max(sent, previous));
    // The mean of the first ones, then of about the last sixteen.
    count_ = std::min(count_ + 1, 16);
    gap_s_ += (gap - gap_s_) / count_;
  }

  // It ever sent any.
  bool known() const noexcept { return count_ > 0; }
  // Blocks a second; while it owes, not more than its silence allows.
  double per_s(Duration silence) const noexcept {
    return 1 / std::max({gap_s_, seconds(silence), kShortest});
  }

 private:
  static constexpr double kShortest = 1e-6;
  static double seconds(Duration duration) noexcept {
    return std::chrono::duration<double>(duration).count();
  }

  double gap_s_ = 0;
  int count_ = 0;
};

}  // namespace btfast
