// How fast one net thread takes blocks from a peer over loopback: the real PeerConnection,
// with its scatter reads into place, against a sender in this process that does nothing but
// send.  Network cards and distances are not in it; what a byte costs to receive is.
//
// Threads: blocks the caller, on which it receives; sends on a thread of its own.
// Bound:   `each`, and kConnectMost to begin.
#pragma once

#include <chrono>
#include <cstdint>

#include "engine/base/expected.h"
#include "engine/bench/stage_rate.h"

namespace btfast::bench {

struct NetBench {
  StageRate received;  // payload; cpu_s is the receiving thread's
  std::uint64_t blocks = 0;
  std::uint64_t in_place = 0;  // of those, received where they belong
  std::uint64_t read_calls = 0;
};
inline constexpr std::chrono::milliseconds kNetStep{1'000};
Result<NetBench> bench_net(std::chrono::milliseconds each = kNetStep, Watcher const& watcher = {});

}  // namespace btfast::bench
