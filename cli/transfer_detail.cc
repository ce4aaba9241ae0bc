#include "cli/transfer_detail.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace btfast::cli {
namespace {

using nlohmann::ordered_json;

std::array<std::pair<std::string_view, std::uint32_t>, 6> states_of(PieceCounts const& p) {
  return {{{"missing", p.missing},
           {"fetching", p.fetching},
           {"waiting", p.waiting},
           {"verifying", p.verifying},
           {"have", p.have},
           {"skipped", p.skipped}}};
}

struct Queue {
  std::string_view name;
  std::string_view field;
  std::string_view field_max;
  QueueDepth depth;
};

std::array<Queue, 6> queues_of(TorrentStats const& s) {
  return {{{"blocks", "queue", "queue_max", s.queue_blocks},
           {"verify", "verify", "verify_max", s.queue_verify},
           {"memory", "mem", "mem_max", s.queue_memory},
           {"writing", "writing", "writing_max", s.queue_writing},
           {"outcomes", "outcomes", "outcomes_max", s.queue_outcomes},
           {"news", "news", "news_max", s.queue_news}}};
}

}  // namespace

std::vector<LogField> piece_fields(PieceCounts const& pieces) {
  std::vector<LogField> fields;
  for (auto const& [name, count] : states_of(pieces)) fields.emplace_back(name, count);
  return fields;
}

std::vector<LogField> queue_fields(TorrentStats const& stats) {
  std::vector<LogField> fields;
  for (Queue const& queue : queues_of(stats)) {
    if (queue.depth.bound == 0) continue;  // of mailboxes the result has the most
    fields.emplace_back(queue.field, queue.depth.now);
    fields.emplace_back(queue.field_max, queue.depth.most);
  }
  return fields;
}

ordered_json piece_states_json(PieceCounts const& pieces) {
  ordered_json json;
  for (auto const& [name, count] : states_of(pieces)) json[std::string{name}] = count;
  return json;
}

ordered_json queues_json(TorrentStats const& stats) {
  ordered_json json;
  for (Queue const& queue : queues_of(stats)) {
    auto const& [now, most, bound] = queue.depth;
    json[std::string{queue.name}] = {
        {"now", now}, {"max", most}, {"bound", bound == 0 ? ordered_json{} : ordered_json(bound)}};
  }
  return json;
}

ordered_json latency_json(LatencyHistogram const& latency) {
  ordered_json buckets = ordered_json::array();
  std::uint64_t left = latency.total();
  for (std::size_t b = 0; b < LatencyHistogram::kBuckets && left > 0; ++b) {
    std::uint64_t const count = latency.counts[b];
    left -= count;
    if (count == 0 && buckets.empty()) continue;
    buckets.push_back({{"below", LatencyHistogram::below_us(b)}, {"count", count}});
  }
  return {{"count", latency.total()},
          {"p50", latency.quantile_us(0.5)},
          {"p90", latency.quantile_us(0.9)},
          {"p99", latency.quantile_us(0.99)},
          {"buckets", std::move(buckets)}};
}

}  // namespace btfast::cli
