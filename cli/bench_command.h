// `btfast bench`: what each stage of a download can do on this machine, which of them limits
// one, and what a whole one does.
//
// Threads: the main thread, which hears signals; the measurements have their own.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "cli/bench_download.h"
#include "cli/exit_status.h"
#include "cli/output_options.h"
#include "engine/bench/disk_bench.h"
#include "engine/bench/hash_bench.h"
#include "engine/bench/net_bench.h"

namespace btfast::cli {

enum class BenchStage : std::uint8_t { kHash, kDisk, kNet, kAll };

struct BenchOptions {
  BenchStage stage = BenchStage::kAll;
  int jobs = 0;           // 0: one a CPU
  std::string dir = ".";  // of the disk's file
  std::string program;    // argv[0]
  OutputOptions out;
};

// What was measured; a whole download, and what limits it, only where all three were.
struct BenchReport {
  std::optional<bench::HashBench> hash;
  std::optional<bench::DiskBench> disk;
  std::optional<bench::NetBench> net;
  std::optional<DownloadBench> download;
  bench::Verdict verdict;  // of it
  std::string dir;
  int jobs = 0;
};
std::string bench_text(BenchReport const& report);
std::string bench_json(BenchReport const& report);

ExitStatus run_bench(BenchOptions const& options, std::ostream& out, std::ostream& err);

}  // namespace btfast::cli
