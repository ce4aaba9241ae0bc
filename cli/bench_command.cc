#include "cli/bench_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cli/command_output.h"
#include "cli/cpu_count.h"
#include "cli/json_output.h"
#include "cli/signals.h"
#include "cli/text.h"
#include "cli/transfer_result.h"
#include "cli/watched_task.h"
#include "engine/base/sha1.h"

namespace btfast::cli {
namespace {

using Json = nlohmann::ordered_json;
using bench::StageRate;
using std::chrono::milliseconds;

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

std::string limit_words(bench::BenchLimit limit) {
  return limit == bench::BenchLimit::kNetwork ? "network" : bench::bench_limit_name(limit);
}

std::string download_text(DownloadBench const& download, bench::Verdict const& verdict) {
  double const seed_cpu = download.seed.cpu_s_per_byte() * static_cast<double>(kGiB);
  return fmt::format("all    a seed and a download on this machine, {} of 1 MiB pieces\n",
                     human_size(kDownloadBytes)) +
         line("download", download.leech) +
         fmt::format("  {:<26} {:>14}   {:.2f} CPU-s/GiB\n", "its seed", "", seed_cpu) +
         fmt::format("\na download here: about {}, limit: {}{}\n",
                     human_rate(download.leech.bytes_per_s()), limit_words(verdict.limit),
                     verdict.cpu_bound ? " (the processors, most of them there)" : "");
}

// A measurement that failed, or was interrupted.
struct Ended {
  ExitStatus exit = ExitStatus::kDone;
  std::string error;
};

template <class T>
Ended take(Result<T> measured, std::optional<T>& into) {
  if (!measured) return {exit_status_of(measured.error()), failure_text(measured.error())};
  into = *std::move(measured);
  return {};
}

// Measures one stage, which takes `time`, while people see how far it is.
template <class T>
Ended watch_stage(OutputOptions const& output, std::string const& stage, milliseconds time,
                  std::function<Result<T>(bench::Watcher const&)> const& measure,
                  std::optional<T>& into) {
  if (SignalSeries::stop_wished()) return {ExitStatus::kInterrupted, "interrupted"};
  std::string const doing = "measuring " + stage;
  std::optional<Result<T>> measured;
  auto const watched =
      run_watched({.event = "bench",
                   .words = {.doing = doing, .unit = TaskUnit::kTime, .fields = {{"doing", doing}}},
                   .work =
                       [&](TaskMeter& meter, std::stop_token const& stop) {
                         meter.set_total(static_cast<std::uint64_t>(time.count()));
                         auto const reach = [&](milliseconds over) {
                           meter.reach(static_cast<std::uint64_t>(over.count()));
                         };
                         measured.emplace(measure({.on_time = reach, .stop = stop}));
                       }},
                  output);
  if (!watched) return {exit_status_of(watched.error()), failure_text(watched.error())};
  if (SignalSeries::stop_wished()) return {ExitStatus::kInterrupted, "interrupted"};
  return take(*std::move(measured), into);
}

Ended measure_stages(BenchOptions const& options, BenchReport& report) {
  auto const wanted = [&](BenchStage stage) {
    return options.stage == stage || options.stage == BenchStage::kAll;
  };
  Ended ended;
  if (wanted(BenchStage::kHash)) {
    ended = watch_stage<bench::HashBench>(
        options.out, "hash", bench::kHashSteps * bench::kHashStep,
        [&](auto const& watcher) {
          return bench::bench_hash(report.jobs, bench::kHashStep, watcher);
        },
        report.hash);
  }
  if (ended.exit == ExitStatus::kDone && wanted(BenchStage::kDisk)) {
    bench::DiskBenchOptions const disk{.dir = report.dir, .workers = report.jobs};
    ended = watch_stage<bench::DiskBench>(
        options.out, "disk", bench::kDiskSteps * disk.each,
        [&](auto const& watcher) { return bench::bench_disk(disk, watcher); }, report.disk);
  }
  if (ended.exit == ExitStatus::kDone && wanted(BenchStage::kNet)) {
    ended = watch_stage<bench::NetBench>(
        options.out, "net", bench::kNetStep,
        [](auto const& watcher) { return bench::bench_net(bench::kNetStep, watcher); }, report.net);
  }
  return ended;
}

Ended measure(BenchOptions const& options, BenchReport& report) {
  report.dir = options.dir;
  report.jobs = options.jobs > 0 ? options.jobs : usable_cpus();
  Ended ended = measure_stages(options, report);
  if (ended.exit != ExitStatus::kDone || options.stage != BenchStage::kAll) return ended;
  auto trial = bench_download(report.jobs, report.dir, options.program, options.out);
  if (trial.exit != ExitStatus::kDone) return {trial.exit, std::move(trial.error)};
  report.download = trial.median;
  auto whole = report.download->leech;
  whole.cpu_s += report.download->seed.cpu_s;
  report.verdict = bench::judge(
      {report.net->received, report.hash->all_workers, report.disk->write}, whole, usable_cpus());
  return {};
}

}  // namespace

std::string bench_text(BenchReport const& report) {
  std::string out;
  if (report.hash) out += hash_text(*report.hash);
  if (report.disk) out += disk_text(*report.disk, report);
  if (report.net) out += net_text(*report.net);
  if (report.download) out += download_text(*report.download, report.verdict);
  return out;
}

std::string bench_json(BenchReport const& report) {
  Json json{{"status", result_status(ExitStatus::kDone)},
            {"exit", static_cast<int>(ExitStatus::kDone)},
            {"jobs", report.jobs}};
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
  if (auto const& download = report.download) {
    json["download"] = json_of(download->leech);
    json["download"]["seed_cpu_s_per_GiB"] = json_of(download->seed)["cpu_s_per_GiB"];
    json["limit"] = bench::bench_limit_name(report.verdict.limit);
    json["cpu_bound"] = report.verdict.cpu_bound;
  }
  json["error"] = nullptr;
  return json_block(json);
}

ExitStatus run_bench(BenchOptions const& options, std::ostream& out, std::ostream& err) {
  CommandOutput const output{options.out, out, err};
  SignalSeries const series;
  BenchReport report;
  auto const ended = measure(options, report);
  if (ended.exit != ExitStatus::kDone) return output.fail(ended.exit, ended.error);
  out << (options.out.json ? bench_json(report) + "\n" : bench_text(report));
  return output.finish(ExitStatus::kDone);
}

}  // namespace btfast::cli
