// How fast this machine computes SHA-1: OpenSSL's one stream, ours with one to four lanes,
// and all workers with four lanes each.
//
// Threads: blocks the caller; the last part runs on threads of its own.
// Bound:   kHashSteps times `each`.
#pragma once

#include <array>
#include <chrono>

#include "engine/base/expected.h"
#include "engine/base/sha1.h"
#include "engine/bench/stage_rate.h"

namespace btfast::bench {

struct HashBench {
  StageRate openssl;
  std::array<StageRate, Sha1Lanes::kMax> lanes;  // [0] is one lane
  StageRate all_workers;
  int workers = 0;
};
inline constexpr int kHashSteps = 2 + static_cast<int>(Sha1Lanes::kMax);
inline constexpr std::chrono::milliseconds kHashStep{250};
// kNoResource where the system gives too few threads.
Result<HashBench> bench_hash(int workers, std::chrono::milliseconds each = kHashStep,
                             Watcher const& watcher = {});

}  // namespace btfast::bench
