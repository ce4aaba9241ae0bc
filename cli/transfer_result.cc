#include "cli/transfer_result.h"

#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cli/json_bytes.h"
#include "cli/json_output.h"
#include "cli/renamed_words.h"
#include "cli/tracker_words.h"
#include "cli/transfer_detail.h"
#include "engine/base/sha1.h"

namespace btfast::cli {
namespace {

using Json = nlohmann::ordered_json;

// Of the torrent's file, then of its trackers.
std::vector<std::string> all_warnings(TransferResult const& result, Metainfo const* metainfo) {
  auto all = metainfo == nullptr ? std::vector<std::string>{} : metainfo->warnings;
  for (auto& warning : tracker_warnings(result.trackers)) all.push_back(std::move(warning));
  return all;
}

}  // namespace

void measure_process(TransferResult& result) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto const seconds = [](timeval const& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  result.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  result.peak_rss = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::string_view result_status(ExitStatus exit) noexcept {
  switch (exit) {
    case ExitStatus::kDone:
      return "done";
    case ExitStatus::kGaveUp:
      return "gave up";
    case ExitStatus::kInterrupted:
      return "interrupted";
    default:
      return "failed";
  }
}

double fetch_bytes_per_s(TransferResult const& result) noexcept {
  if (result.fetch_s <= 0) return 0;
  return static_cast<double>(result.stats.payload_down) / result.fetch_s;
}

std::string result_json(TransferResult const& result, Metainfo const* metainfo) {
  TorrentStats const& s = result.stats;
  Json json{{"status", result_status(result.exit)},
            {"exit", static_cast<int>(result.exit)},
            {"name", metainfo ? Json(metainfo->name) : Json(nullptr)},
            {"info_hash", metainfo ? Json(to_hex(metainfo->info_hash)) : Json(nullptr)},
            {"bytes", s.bytes_have},
            {"resumed", s.bytes_have - std::min(s.bytes_have, s.bytes_fetched)},
            {"downloaded", s.payload_down},
            {"wasted", s.wasted},
            {"uploaded", s.payload_up},
            {"pieces", s.pieces_have},
            {"bad_pieces", s.bad_pieces},
            {"banned", s.banned},
            {"wall_s", result.wall_s},
            {"cpu_s", result.cpu_s},
            {"avg_Bps", static_cast<std::uint64_t>(fetch_bytes_per_s(result))},
            {"peak_rss", result.peak_rss},
            {"path", result.path.empty() ? Json(nullptr) : Json(result.path)},
            {"error", result.error.empty() ? Json(nullptr) : Json(result.error)}};
  if (metainfo != nullptr) add_encoded(json, "name", metainfo->name);
  add_encoded(json, "path", result.path);
  json["goal_missed"] = result.goal_missed;
  json["wrong_hash"] = s.wrong_hash;
  json["piece_states"] = piece_states_json(result.pieces);
  json["queues"] = queues_json(s);
  json["block_latency_us"] = latency_json(s.block_latency);
  json["trackers"] = trackers_json(result.trackers);
  json["peer_ends"] = peer_ends_json(result.peer_ends);
  json["renamed"] = renamed_json(result.renamed);
  json["warnings"] = all_warnings(result, metainfo);
  return json_line(json);
}

ExitStatus report_not_begun(TransferResult const& result, Metainfo const* metainfo,
                            CommandOutput const& output) {
  output.complain(result.exit, result.error);
  if (output.json()) output.result() << result_json(result, metainfo) << std::endl;
  return output.finish_transfer(result.exit);
}

}  // namespace btfast::cli
