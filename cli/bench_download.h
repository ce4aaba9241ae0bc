// A whole download, measured: a seed and a leech as processes of their own, as `btfast swarm`
// runs them.  What the stages of `btfast bench` say one by one, this says of all together.
//
// Threads: the main thread; the processes are their own.
// Bound:   kDownloadRounds downloads of kDownloadBytes, twice that on the disk, a minute each.
#pragma once

#include <cstdint>
#include <string>

#include "cli/exit_status.h"
#include "cli/output_options.h"
#include "engine/bench/stage_rate.h"

namespace btfast::cli {

inline constexpr int kDownloadRounds = 3;
inline constexpr std::uint64_t kDownloadBytes = 512u << 20;

struct DownloadBench {
  bench::StageRate leech;  // the median round, from its start until it was complete
  bench::StageRate seed;   // of that round; its CPU alone means something
};

struct DownloadTrial {
  ExitStatus exit = ExitStatus::kInternal;
  std::string error;  // empty when done
  DownloadBench median;
};
// `jobs` as -j; `dir` holds it while it lasts; `program` is argv[0]; `output` says how its
// progress is shown.
DownloadTrial bench_download(int jobs, std::string const& dir, std::string const& program,
                             OutputOptions const& output);

}  // namespace btfast::cli
