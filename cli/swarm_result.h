// SwarmResult: what `btfast swarm` measured, and how it is shown: a table or JSON.
//
// Threads: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_status.h"

namespace btfast::cli {

struct SwarmPeer {
  std::string name;  // "seed-1", "leech-2"
  bool seed = false;
  bool done = false;
  bool verified = false;  // of a leech: its copy was hashed anew and is whole
  double wall_s = 0;      // of a leech: until it was complete
  double cpu_s = 0;
  std::uint64_t peak_rss = 0;
  std::uint64_t downloaded = 0;
  std::uint64_t uploaded = 0;
  std::uint64_t wasted = 0;
  std::string error;  // its own word, where it is not done
};

struct SwarmResult {
  ExitStatus exit = ExitStatus::kInternal;
  std::string error;  // empty when done
  std::uint64_t bytes = 0;
  std::uint64_t piece_length = 0;
  std::uint64_t pieces = 0;
  std::vector<SwarmPeer> peers;
};

struct SwarmFigures {
  std::size_t verified = 0;
  double p50_s = 0;
  double p99_s = 0;
  double last_s = 0;
  double aggregate_bytes_per_s = 0;
  double leech_cpu_s_per_gib = 0;  // of what the leeches downloaded
  double seed_cpu_s_per_gib = 0;   // of what the seeds sent
  double seed_copies = 0;          // bytes the seeds sent / size
};
SwarmFigures figures_of(SwarmResult const& result);

// The nearest-rank percentile; 0 of nothing.
double percentile(std::vector<double> values, double percent);

// Of a process's --json line; empty when it is not one.
std::optional<SwarmPeer> peer_from_json(std::string_view line);

std::string swarm_table(SwarmResult const& result);
std::string swarm_json(SwarmResult const& result);

}  // namespace btfast::cli
