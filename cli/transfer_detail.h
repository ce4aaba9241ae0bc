// What a transfer tells beside its progress: its pieces by state, how full its queues are and
// were, and how long blocks took.  For records (flat) and for the result (nested).
//
// Threads: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "engine/base/log.h"
#include "engine/pieces/piece_counts.h"
#include "engine/stats.h"

namespace btfast::cli {

// missing=… fetching=… waiting=… verifying=… have=… skipped=…, whose sum is the torrent's pieces.
std::vector<LogField> piece_fields(PieceCounts const& pieces);
// Of each queue what is in it, and with _max the most there ever was.
std::vector<LogField> queue_fields(TorrentStats const& stats);

nlohmann::ordered_json piece_states_json(PieceCounts const& pieces);
// {"verify":{"now":…,"max":…,"bound":…},…}; bound null where the queue has none of its own.
nlohmann::ordered_json queues_json(TorrentStats const& stats);
// {"count":…,"p50":…,"p90":…,"p99":…,"buckets":[{"below":…,"count":…},…]} in microseconds: a
// quantile is the upper bound of its bucket.
nlohmann::ordered_json latency_json(LatencyHistogram const& latency);

}  // namespace btfast::cli
