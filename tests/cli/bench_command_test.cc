#include "cli/bench_command.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace btfast::cli {
namespace {

BenchReport report() {
  BenchReport out;
  bench::StageRate const rate{.bytes = 1u << 30, .wall_s = 1, .cpu_s = 0.5};
  out.hash = bench::HashBench{rate, {rate, rate, rate, rate}, rate, 2};
  out.disk = bench::DiskBench{rate, rate, rate};
  out.net = bench::NetBench{.received = rate, .blocks = 64, .in_place = 64, .read_calls = 4};
  out.verdict = {bench::BenchLimit::kHash, true};
  out.download = DownloadBench{.leech = {.bytes = 1u << 30, .wall_s = 2, .cpu_s = 1.25},
                               .seed = {.bytes = 1u << 30, .wall_s = 2, .cpu_s = 0.75}};
  out.dir = "somewhere";
  out.jobs = 2;
  return out;
}

TEST(BenchText, SaysWhatWasMeasuredAndWhatLimits) {
  auto const text = bench_text(report());

  for (auto const* const part :
       {"openssl, one stream", "4 lanes", "2 workers", "somewhere", "fdatasync", "0.50 CPU-s/GiB",
        "16.0 blocks a read", "1.25 CPU-s/GiB", "0.75 CPU-s/GiB",
        "about 512.00 MiB/s, limit: hash"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(BenchText, LeavesOutWhatWasNotMeasured) {
  auto const text = bench_text({.net = report().net});

  EXPECT_EQ(text.find("hash"), std::string::npos) << text;
  EXPECT_EQ(text.find("limit"), std::string::npos) << text;
}

TEST(BenchJson, HasEveryStageAndTheVerdict) {
  auto const json = nlohmann::json::parse(bench_json(report()));

  EXPECT_EQ(json["status"], "done");
  EXPECT_EQ(json["exit"], 0);
  EXPECT_TRUE(json.at("error").is_null());
  EXPECT_EQ(json["hash"]["lanes"].size(), 4u);
  EXPECT_EQ(json["disk"]["write"]["bytes_per_s"], 1u << 30);
  EXPECT_EQ(json["net"]["blocks_per_read"], 16);
  EXPECT_EQ(json["limit"], "hash");
  EXPECT_EQ(json["download"]["bytes_per_s"], 1u << 29);
  EXPECT_EQ(json["download"]["seed_cpu_s_per_GiB"], 0.75);
  EXPECT_EQ(json["cpu_bound"], true);
}

TEST(Bench, NamesADirectoryItCannotUse) {
  std::ostringstream out;
  std::ostringstream err;

  auto const status =
      run_bench({.stage = BenchStage::kDisk, .jobs = 1, .dir = "/nonexistent"}, out, err);

  EXPECT_EQ(status, ExitStatus::kStorage);
  EXPECT_NE(err.str().find("/nonexistent"), std::string::npos);
}

}  // namespace
}  // namespace btfast::cli
