#include "cli/bench_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cli/cpu_count.h"
#include "cli/text.h"
#include "engine/base/sha1.h"

namespace btfast::cli {
namespace {

using Json = nlohmann::ordered_json;
using bench::StageRate;

std::string line(std::string const& what, StageRate const& rate) {
  double const cpu = rate.cpu_s_per_byte() * static_cast<double>(kGiB);
  return fmt::format("  {:<26} {:>14}   {:.2f} CPU-s/GiB\n", what, human_rate(rate.bytes_per_s()),
                     cpu);
}

Json json_of(StageRate const& rate) {
  return {{"bytes_per_s", static_cast<std::uint64_t>(rate.bytes_per_s())},
          {"cpu_s_per_GiB", rate.cpu_s_per_byte() * static_cast<double>(kGiB)}};
}

std::string hash_text(bench::HashBench const& hash) {
  std::string out = fmt::format("hash   SHA-1, {}\n", sha1_backend());
  out += line("openssl, one stream", hash.openssl);
  for (std::size_t i = 0; i < hash.lanes.size(); ++i) {
    out += line(fmt::format("btfast, {} lane{}", i + 1, i == 0 ? "" : "s"), hash.lanes[i]);
  }
  return out + line(fmt::format("{} workers, 4 lanes each", hash.workers), hash.all_workers);
}

std::string disk_text(bench::DiskBench const& disk, BenchReport const& report) {
  return fmt::format("disk   {}, pieces of 1 MiB, {} workers\n", escaped(report.dir), report.jobs) +
         line("write", disk.write) + line("write, then fdatasync", disk.write_synced) +
         line("read back and verify", disk.read_verified);
}

double blocks_per_read(bench::NetBench const& net) {
  return net.read_calls > 0 ? static_cast<double>(net.blocks) / static_cast<double>(net.read_calls)
                            : 0;
}

std::string net_text(bench::NetBench const& net) {
  double const in_place = 100.0 * static_cast<double>(net.in_place) /
                          static_cast<double>(std::max<std::uint64_t>(net.blocks, 1));
  return "net    loopback, one peer, one network thread\n" + line("receive", net.received) +
         fmt::format("  {:<26} {:.1f} blocks a read, {:.1f} % in place\n", "", blocks_per_read(net),
                     in_place);
}

template <class T>
bool take(Result<T> measured, std::optional<T>& into, std::optional<Failure>& failure) {
  if (!measured) {
    failure = std::move(measured).error();
    return false;
  }
  into = *std::move(measured);
  return true;
}

Result<BenchReport> measure(BenchOptions const& options) {
  auto const wanted = [&](BenchStage stage) {
    return options.stage == stage || options.stage == BenchStage::kAll;
  };
  int const cpus = usable_cpus();
  BenchReport report;
  report.dir = options.dir;
  report.jobs = options.jobs > 0 ? options.jobs : cpus;
  std::optional<Failure> failure;
  if (wanted(BenchStage::kHash)) report.hash = bench::bench_hash(report.jobs);
  if (wanted(BenchStage::kDisk) &&
      !take(bench::bench_disk({.dir = options.dir, .workers = report.jobs}), report.disk,
            failure)) {
    return *failure;
  }
  if (wanted(BenchStage::kNet) && !take(bench::bench_net(), report.net, failure)) return *failure;
  if (options.stage == BenchStage::kAll) {
    report.estimate = bench::estimate_download(report.net->received, report.hash->all_workers,
                                               report.disk->write, cpus);
  }
  return report;
}

}  // namespace

std::string bench_text(BenchReport const& report) {
  std::string out;
  if (report.hash) out += hash_text(*report.hash);
  if (report.disk) out += disk_text(*report.disk, report);
  if (report.net) out += net_text(*report.net);
  if (report.estimate) {
    auto const& estimate = *report.estimate;
    out += fmt::format("\na download here: about {}, limit: {}{}\n",
                       human_rate(estimate.bytes_per_s), bench::bench_limit_name(estimate.limit),
                       estimate.cpu_bound ? " (the processors, most of them there)" : "");
  }
  return out;
}

std::string bench_json(BenchReport const& report) {
  Json json{{"jobs", report.jobs}};
  if (auto const& hash = report.hash) {
    Json lanes = Json::array();
    for (auto const& rate : hash->lanes) lanes.push_back(json_of(rate));
    json["hash"] = {{"backend", sha1_backend()},
                    {"openssl", json_of(hash->openssl)},
                    {"lanes", std::move(lanes)},
                    {"all_workers", json_of(hash->all_workers)}};
  }
  if (auto const& disk = report.disk) {
    json["disk"] = {{"dir", report.dir},
                    {"write", json_of(disk->write)},
                    {"write_synced", json_of(disk->write_synced)},
                    {"read_verified", json_of(disk->read_verified)}};
  }
  if (auto const& net = report.net) {
    json["net"] = {{"receive", json_of(net->received)},
                   {"blocks", net->blocks},
                   {"blocks_in_place", net->in_place},
                   {"blocks_per_read", blocks_per_read(*net)}};
  }
  if (auto const& estimate = report.estimate) {
    json["estimate_Bps"] = static_cast<std::uint64_t>(estimate->bytes_per_s);
    json["limit"] = bench::bench_limit_name(estimate->limit);
    json["cpu_bound"] = estimate->cpu_bound;
  }
  return json.dump(2, ' ', true, Json::error_handler_t::replace);
}

ExitStatus run_bench(BenchOptions const& options, std::ostream& out, std::ostream& err) {
  auto const report = measure(options);
  if (!report) {
    err << "btfast: " << escaped(failure_text(report.error())) << '\n';
    return exit_status_of(report.error());
  }
  out << (options.json ? bench_json(*report) + "\n" : bench_text(*report));
  out.flush();
  if (out) return ExitStatus::kDone;
  err << "btfast: cannot write the result\n";
  return ExitStatus::kStorage;
}

}  // namespace btfast::cli
