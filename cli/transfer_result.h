// How a download ended, for people (one record) and for scripts (--json).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_output.h"
#include "cli/exit_status.h"
#include "cli/peer_words.h"
#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/renamed_files.h"
#include "engine/peers/tracker_status.h"
#include "engine/pieces/piece_counts.h"
#include "engine/stats.h"

namespace btfast::cli {

struct TransferResult {
  ExitStatus exit = ExitStatus::kDone;
  std::string error;  // empty when done
  TorrentStats stats;
  bool seeded = false;       // went on after everything was here
  bool goal_missed = false;  // and was stopped before it had given what it was to give
  PieceCounts pieces;
  double wall_s = 0;
  double fetch_s = 0;  // of it, until everything was here
  double cpu_s = 0;
  std::uint64_t peak_rss = 0;  // bytes
  std::string path;
  RenamedFiles renamed;
  std::vector<TrackerStatus> trackers;
  PeerEndCounts peer_ends;
};

// CPU seconds and peak memory of this process so far.
void measure_process(TransferResult& result);
// "done", "failed", "gave up", "interrupted".
std::string_view result_status(ExitStatus exit) noexcept;
// Payload over the time that fetching took: seeding afterwards makes no download slower.
double fetch_bytes_per_s(TransferResult const& result) noexcept;
// The object of --json, one line; `metainfo` is null where the torrent could not be read.
std::string result_json(TransferResult const& result, Metainfo const* metainfo);
// A transfer that ended before it began: said, and with --json the same object, as far as it is
// known.
ExitStatus report_not_begun(TransferResult const& result, Metainfo const* metainfo,
                            CommandOutput const& output);

}  // namespace btfast::cli
