#include "cli/bench_download.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/swarm_command.h"
#include "cli/swarm_result.h"
#include "cli/swarm_run.h"
#include "cli/temp_tree.h"
#include "cli/text.h"
#include "engine/control_loop.h"

namespace btfast::cli {
namespace {

DownloadTrial failed(Failure const& failure) {
  return {exit_status_of(failure), failure_text(failure), {}};
}

DownloadBench figures(SwarmResult const& result) {
  DownloadBench out;
  for (auto const& peer : result.peers) {
    (peer.seed ? out.seed : out.leech) = {result.bytes, peer.wall_s, peer.cpu_s};
  }
  return out;
}

DownloadTrial run_once(SwarmOptions const& options) {
  auto control = ControlLoop::make();
  if (!control) return failed(control.error());
  auto tree = TempTree::make(options.dir, "btfast-bench");
  if (!tree) return failed(tree.error());
  SwarmRun swarm{options, **control, *std::move(tree)};
  SwarmResult const result = swarm.run();
  return {result.exit, result.error, figures(result)};
}

}  // namespace

DownloadTrial bench_download(int jobs, std::string const& dir, std::string const& program,
                             OutputOptions const& output) {
  SwarmOptions options{.seeds = 1,
                       .leeches = 1,
                       .size = kDownloadBytes,
                       .piece_length = 1u << 20,
                       .jobs = jobs,
                       .dir = dir,
                       .timeout = std::chrono::minutes{1},
                       .program = program,
                       .out = output,
                       .event = "bench"};
  std::array<DownloadTrial, kDownloadRounds> rounds;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    options.round = fmt::format("download {} of {}: ", i + 1, rounds.size());
    rounds[i] = run_once(options);
    if (rounds[i].exit != ExitStatus::kDone) return rounds[i];
  }
  std::sort(rounds.begin(), rounds.end(), [](auto const& a, auto const& b) {
    return a.median.leech.wall_s < b.median.leech.wall_s;
  });
  return rounds[kDownloadRounds / 2];
}

}  // namespace btfast::cli
