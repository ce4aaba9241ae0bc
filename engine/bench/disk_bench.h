// How fast a directory takes whole pieces, with and without being sure of them, and gives
// them back verified.  What is read back was just written, so it comes from the page cache
// where there is room.
//
// Threads:   blocks the caller; works on threads of its own.
// Ownership: one file without a name, which ends with the call or the process.
// Bound:     DiskBenchOptions, and one fdatasync.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/base/expected.h"
#include "engine/base/types.h"
#include "engine/bench/stage_rate.h"

namespace btfast::bench {

struct DiskBenchOptions {
  std::string dir = ".";
  int workers = 1;
  std::uint64_t bytes = 512 * kMiB;
  std::chrono::milliseconds each{1'000};  // writing, and reading
};

struct DiskBench {
  StageRate write;          // into the page cache, its file laid out as a download's is
  StageRate write_synced;   // and then fdatasync
  StageRate read_verified;  // read and hashed
};
inline constexpr int kDiskSteps = 2;  // of DiskBenchOptions::each, and between them the fdatasync
Result<DiskBench> bench_disk(DiskBenchOptions const& options, Watcher const& watcher = {});

}  // namespace btfast::bench
