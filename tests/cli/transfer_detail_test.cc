#include "cli/transfer_detail.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/record_format.h"

namespace btfast::cli {
namespace {

TEST(TransferDetailTest, PieceStatesAreTheSameInRecordsAndInTheResult) {
  PieceCounts const pieces{
      .missing = 1, .fetching = 2, .waiting = 3, .verifying = 4, .have = 5, .skipped = 6};

  EXPECT_EQ(
      format_record(RecordFormat::kLogfmt, 0, LogLevel::kInfo, "progress", piece_fields(pieces)),
      "1970-01-01T00:00:00Z INFO progress missing=1 fetching=2 waiting=3 verifying=4 have=5 "
      "skipped=6");
  EXPECT_EQ(piece_states_json(pieces).dump(),
            R"({"missing":1,"fetching":2,"waiting":3,"verifying":4,"have":5,"skipped":6})");
}

TEST(TransferDetailTest, QueuesHaveTheirMarksAndBounds) {
  TorrentStats stats;
  stats.queue_blocks = {1, 2, 30};
  stats.queue_memory = {4, 5, 60};
  stats.queue_verify = {0, 0, 30};
  stats.queue_writing = {0, 9, 60};
  stats.queue_news = {0, 7, 0};

  EXPECT_EQ(
      format_record(RecordFormat::kLogfmt, 0, LogLevel::kInfo, "progress", queue_fields(stats)),
      "1970-01-01T00:00:00Z INFO progress queue=1 queue_max=2 verify=0 verify_max=0 mem=4 "
      "mem_max=5 writing=0 writing_max=9");
  auto const json = queues_json(stats);
  EXPECT_EQ(json["blocks"].dump(), R"({"now":1,"max":2,"bound":30})");
  EXPECT_EQ(json["news"].dump(), R"({"now":0,"max":7,"bound":null})");
}

TEST(TransferDetailTest, TheHistogramIsItsBucketsFromTheFirstToTheLastThatCounted) {
  LatencyHistogram latency;
  latency.counts[4] = 3;
  latency.counts[6] = 1;

  EXPECT_EQ(latency_json(latency).dump(),
            R"({"count":4,"p50":16,"p90":64,"p99":64,"buckets":[{"below":16,"count":3},)"
            R"({"below":32,"count":0},{"below":64,"count":1}]})");
  EXPECT_EQ(latency_json({}).dump(), R"({"count":0,"p50":0,"p90":0,"p99":0,"buckets":[]})");
}

}  // namespace
}  // namespace btfast::cli
