// RateGate: one shard's peers at a limit of rate, in one direction.  Who may not move
// anything now waits in line and is served in turn, each its share of what there is.
//
// Threads: one net thread; the bucket behind it is everyone's.
// Bound:   a peer stands in line once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

#include "engine/base/token_bucket.h"
#include "engine/base/types.h"
#include "net/timer_wheel.h"

namespace btfast {

class RateGate {
 public:
  // `serve` has its peer go on: it asks for its allowance again.
  RateGate(TokenBucket& bucket, net::TimerWheel& timers, std::function<void(PeerHandle)> serve);

  // How much this peer may move now: something whole that is larger may still go.  Zero: it
  // is in line, and `serve` follows.
  std::uint64_t allowance(PeerHandle peer);
  void spend(std::uint64_t bytes) noexcept;
  // Of what was spent and did not come about.
  void give_back(std::uint64_t bytes) noexcept { slice_.give_back(bytes); }
  // Peers in line.
  std::size_t waiting() const noexcept { return line_.size(); }

 private:
  void join(PeerHandle peer);
  void serve_line();

  TokenBucket const& bucket_;
  net::TimerWheel& timers_;
  std::function<void(PeerHandle)> const serve_;
  TokenSlice slice_;
  std::deque<PeerHandle> line_;
  bool serving_ = false;
  std::int64_t share_ = 0;  // of the one that is served
  net::Timer timer_;
};

}  // namespace btfast
