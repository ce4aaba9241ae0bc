#include "cli/option_transfer.h"

#include <chrono>
#include <optional>
#include <string>

#include "cli/arg_values.h"
#include "cli/option_groups.h"
#include "cli/option_values.h"

namespace btfast::cli {
namespace {

using std::chrono::milliseconds;

void add_seed_goals(CLI::App& app, GetOptions& get) {
  add_parsed<std::optional<double>>(app, "--seed-ratio", get.seed.ratio, parse_ratio, "R",
                                    "seed until R times the size was sent");
  add_parsed<std::optional<milliseconds>>(app, "--seed-time", get.seed.time, read_optional_duration,
                                          "DUR", "seed for DUR");
  app.add_flag("--super-seed", get.engine.super_seed,
               "where all is here at the start: name each piece to one peer and wait until it "
               "passes it on (BEP 16)");
}

// For one run only: neither the environment nor the configuration file can set it.
void add_tracker_insecure(CLI::App& app, EngineConfig& engine) {
  app.add_flag_callback(
      "--tracker-insecure", [&engine] { engine.verify_tls = false; },
      "do not check the certificates of https trackers");
}

constexpr char const* kWords = "torrents, as with -t; then perhaps the NAME of the output";

}  // namespace

void add_seed_options(CLI::App& app, GetOptions& get, TorrentArguments& arguments) {
  add_torrents(app, arguments, kWords);
  add_path(app, "-o,--output", get.output, "DIR", "where the file or top folder is [.]");
  add_as(app, arguments);
  app.add_flag("--no-verify", get.no_verify, "trust what is there, do not hash it first");
  add_repeated(app, "--peer", get.peers, "HOST:PORT", "also connect here");
  app.add_option("--select", get.select, kSelectHelp)->type_name("LIST");
  add_torrent_limit(app, get.torrent_bytes_max);
  add_tracker_insecure(app, get.engine);
  add_seed_goals(app, get);
  add_engine_options(app, get.engine);
  add_output_options(app, get.out);
}

void add_get_options(CLI::App& app, GetOptions& get, TorrentArguments& arguments) {
  add_torrents(app, arguments, kWords);
  add_path(app, "-o,--output", get.output, "DIR", "where to put it [.]; created if missing");
  add_as(app, arguments);
  app.add_flag("--info", get.info, "show torrent information and exit");
  app.add_flag("--announce-only", get.announce_only,
               "ask every tracker once, a line each, and exit");
  add_repeated(app, "--peer", get.peers, "HOST:PORT", "also connect here");
  add_torrent_limit(app, get.torrent_bytes_max);
  add_tracker_insecure(app, get.engine);
  app.add_option("--select", get.select, kSelectHelp)->type_name("LIST");
  app.add_flag("--first-last", get.first_last, "fetch each file's first and last piece first");
  app.add_flag("--no-resume", get.no_resume, "ignore the control file, hash what is on disk");
  app.add_flag("--overwrite", get.overwrite,
               "write over files that are there and not the torrent's");
  app.add_flag("--seed", get.seed.seed, "keep seeding after completion [stop]");
  add_seed_goals(app, get);
  add_parsed<std::optional<milliseconds>>(app, "--timeout", get.timeout, read_optional_duration,
                                          "DUR", "give up after DUR");
  add_parsed<std::optional<milliseconds>>(app, "--stall-timeout", get.stall_timeout,
                                          read_optional_duration, "DUR",
                                          "give up after DUR without a new block");
  add_engine_options(app, get.engine);
  add_output_options(app, get.out);
}

}  // namespace btfast::cli
