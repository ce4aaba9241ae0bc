#include "cli/option_groups.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "cli/arg_values.h"
#include "cli/memory_limit.h"
#include "cli/option_values.h"
#include "engine/base/limits.h"

namespace btfast::cli {
namespace {

void add_trackers(CLI::App& app, EngineConfig& engine) {
  char const* const group = "Engine";
  add_duration_within(app, "--announce-min", engine.announce_min, std::chrono::seconds{1},
                      limits::kAnnounceIntervalMax,
                      "ask trackers no sooner than DUR, whatever they say [1m]")
      ->group(group);
  add_number<std::uint32_t>(app, "--peers-enough", engine.peers_enough, 1, 10000,
                            "with N peers known, ask no further trackers for more [200]")
      ->group(group);
}

void add_limits(CLI::App& app, EngineConfig& engine) {
  char const* const group = "Engine";
  add_parsed<std::uint64_t>(app, "--down-limit", engine.down_limit_bytes_per_s, read_rate, "RATE",
                            "download no faster: 80MiB, 800Mbit; 0 = no limit [0]")
      ->group(group);
  add_parsed<std::uint64_t>(app, "--up-limit", engine.up_limit_bytes_per_s, read_rate, "RATE",
                            "upload no faster [0]")
      ->group(group);
}

void add_peer_times(CLI::App& app, EngineConfig& engine) {
  auto const add = [&](char const* name, std::chrono::milliseconds& into, char const* help) {
    add_duration_within(app, name, into, limits::kPeerTimeMin, limits::kPeerTimeMax, help)
        ->group("Engine");
  };
  add("--connect-timeout", engine.peer_times.connect, "for connecting to a peer [10s]");
  add("--handshake-timeout", engine.peer_times.handshake, "for a peer's whole handshake [10s]");
  add("--request-timeout", engine.request_timeout,
      "how long a peer may owe blocks before others are\nasked for them [15s]");
  add("--idle-timeout", engine.peer_times.idle, "close a peer that says nothing so long [150s]");
}

}  // namespace

CLI::Option* add_repeated(CLI::App& app, std::string const& names, std::vector<std::string>& into,
                          std::string const& form, std::string const& help) {
  // Else it would take the words after its value too.
  return app.add_option(names, into, help + " (repeatable)")
      ->allow_extra_args(false)
      ->type_name(form);
}

void add_torrents(CLI::App& app, TorrentArguments& arguments, char const* words_help) {
  add_repeated(app, "-t,--torrent", arguments.given, "FILE", ".torrent file, - for standard input");
  app.add_option("TORRENT", arguments.words, words_help)->type_name("");
}

void add_as(CLI::App& app, TorrentArguments& arguments) {
  app.add_option("--as", arguments.as, "path of the output file or top folder, below -o")
      ->type_name("PATH");
}

void add_torrent_limit(CLI::App& app, std::uint64_t& bytes_max) {
  add_parsed<std::uint64_t>(app, "--max-torrent", bytes_max, read_size, "SIZE",
                            "refuse a larger torrent file [64MiB]");
}

void add_engine_options(CLI::App& app, EngineConfig& engine) {
  engine.cache_bytes = default_cache_bytes();
  char const* const group = "Engine";
  add_number<int>(app, "-j,--jobs", engine.jobs, 1, 1024,
                  "worker threads [CPUs allowed by affinity and cgroup]")
      ->group(group);
  add_number<int>(app, "--net-threads", engine.net_threads, 1, 256,
                  "network threads [1 per 4 CPUs]")
      ->group(group);
  add_number<std::uint32_t>(app, "--max-peers", engine.max_peers, 1, 60000,
                            "connections per torrent [200]")
      ->group(group);
  add_parsed<std::uint32_t>(app, "--upload-slots", engine.upload_slots, parse_slots, "N|auto",
                            "peers served at the same time [auto]")
      ->group(group);
  add_ports(app, "listen port, the first free of a range [6881-6889]; 0 = any",
            [&engine](PortRange range) {
              engine.port_first = range.first;
              engine.port_last = range.last;
            })
      ->group(group);
  add_bind(app, "source of everything: listening, peers, trackers",
           [&engine](BindTarget const& target) {
             engine.bind = target.address;
             engine.bind_device = target.device;
           })
      ->group(group);
  add_parsed<std::uint64_t>(app, "--cache", engine.cache_bytes, parse_content_size, "SIZE above 0",
                            "bytes in flight between network and disk [256MiB, or a quarter "
                            "of a smaller memory]")
      ->type_name("SIZE")
      ->group(group);
  add_trackers(app, engine);
  add_choice<AllocChoice>(
      app, "--alloc", engine.alloc,
      {{"sparse", AllocChoice::kSparse},
       {"full", AllocChoice::kFull},
       {"auto", AllocChoice::kAuto}},
      "how files are laid out [full where the file system has extents, else sparse]")
      ->group(group);
  add_choice<Strategy>(app, "--strategy", engine.strategy,
                       {{"sequential", Strategy::kSequential},
                        {"random", Strategy::kRandom},
                        {"smart", Strategy::kSmart}},
                       "which piece is next [smart = rarest first]")
      ->group(group);
  add_limits(app, engine);
  add_peer_times(app, engine);
}

void add_output_options(CLI::App& app, OutputOptions& out) {
  char const* const group = "Output";
  app.add_flag("-q,--quiet", out.quiet, "print nothing but errors")->group(group);
  app.add_flag(
         "-v,--verbose", out.verbose,
         "log more: peers and files made; -vv trackers and\npieces too, -vvv messages and blocks")
      ->group(group);
  add_choice<ProgressMode>(app, "--progress", out.progress,
                           {{"auto", ProgressMode::kAuto},
                            {"panel", ProgressMode::kPanel},
                            {"line", ProgressMode::kLine},
                            {"log", ProgressMode::kLog},
                            {"json", ProgressMode::kJson},
                            {"none", ProgressMode::kNone}},
                           "how progress is shown [auto]")
      ->group(group);
  add_duration_from(app, "--summary-interval", out.summary_interval, std::chrono::milliseconds{100},
                    "time between progress records [10s]")
      ->group(group);
  app.add_flag("--json", out.json, "the result as one JSON object on stdout")->group(group);
  add_choice<RecordFormat>(app, "--log-format", out.log_format,
                           {{"logfmt", RecordFormat::kLogfmt}, {"json", RecordFormat::kJson}},
                           "how records are written [logfmt]")
      ->group(group);
  app.set_version_flag("-V,--version", "btfast " BTFAST_VERSION, "print the version and exit")
      ->trigger_on_parse()
      ->group(group);
}

}  // namespace btfast::cli
