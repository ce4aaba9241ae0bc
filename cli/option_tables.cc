#include "cli/option_tables.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "cli/arg_values.h"
#include "cli/config_file.h"
#include "cli/option_groups.h"
#include "cli/option_transfer.h"
#include "cli/option_values.h"

namespace btfast::cli {
namespace {

void add_info_options(CLI::App& app, InfoOptions& info) {
  app.add_option("FILE", info.torrent, ".torrent file, - for standard input")->required();
  add_torrent_limit(app, info.torrent_bytes_max);
  add_output_options(app, info.out);
  app.get_option("--verbose")->description("the keys of the info dictionary too");
}

void add_dump_options(CLI::App& app, DumpOptions& dump) {
  app.add_option("FILE", dump.file, "any bencoded file, - for standard input")->required();
  app.add_flag("--full", dump.full, "whole strings, however long");
  add_torrent_limit(app, dump.bytes_max);
  add_output_options(app, dump.out);
}

void add_create_options(CLI::App& app, CreateOptions& create) {
  app.add_option("PATH", create.path, "file or directory to share")->required();
  app.add_option("-o,--output", create.output, "the torrent file [NAME.torrent]; - for stdout")
      ->type_name("FILE");
  app.add_option("-a,--announce", create.announce, "tracker, a tier of its own (repeatable)")
      ->allow_extra_args(false)
      ->type_name("URL");
  app.add_option("--tier", create.tiers, "trackers of one tier (repeatable)")
      ->allow_extra_args(false)
      ->type_name("URL,URL");
  app.add_option("--web-seed", create.web_seeds, "HTTP source (repeatable)")
      ->allow_extra_args(false)
      ->type_name("URL");
  app.add_option("--exclude", create.exclude,
                 "leave out what has this name or path, or matches: *.tmp, sub/*, dir/\n"
                 "(repeatable)")
      ->allow_extra_args(false)
      ->type_name("GLOB");
  app.add_flag("--follow-symlinks", create.follow_links,
               "take what symbolic links lead to, under the links' names [left out]");
  add_parsed<std::uint64_t>(app, "--piece-size", create.piece_length, parse_piece_size, "SIZE|auto",
                            "piece length [auto]");
  app.add_flag("--private", create.is_private, "only peers from the trackers (BEP 27)");
  app.add_option("--comment", create.comment, "free text")->type_name("T");
  app.add_option("--source", create.source, "tag that makes the info hash unique")->type_name("T");
  app.add_flag("--no-date", create.no_date, "leave the creation date out");
  app.add_flag("--force", create.force, "replace an existing torrent file");
  add_number<unsigned>(app, "-j,--jobs", create.jobs, 1, 1024, "hashing threads [CPUs allowed]");
  add_output_options(app, create.out);
}

void add_verify_options(CLI::App& app, VerifyOptions& verify) {
  app.add_option("-t,--torrent", verify.torrent, ".torrent file, - for standard input")
      ->required()
      ->type_name("FILE");
  add_torrent_limit(app, verify.torrent_bytes_max);
  app.add_option("-o,--output", verify.output, "where the file or top folder is [.]")
      ->type_name("DIR");
  app.add_option("TARGET", verify.target, "its name, where it is not the torrent's");
  app.add_option("--select", verify.select, kSelectHelp)->type_name("LIST");
  add_number<int>(app, "-j,--jobs", verify.jobs, 1, 1024, "hashing threads [CPUs allowed]");
  add_output_options(app, verify.out);
}

void add_tracker_options(CLI::App& app, TrackerOptions& tracker) {
  add_number<std::uint16_t>(app, "--port", tracker.port, 0, 65535,
                            "of HTTP and UDP [6969]; 0 = any");
  add_bind(app, "where to listen [every address]",
           [&tracker](BindTarget const& target) { tracker.bind = target.address; });
  add_duration_from(app, "--interval", tracker.interval, std::chrono::seconds{10},
                    "how often peers are to come back [2m]");
  add_output_options(app, tracker.out);
  app.get_option("--summary-interval")->description("time between records [60s]");
  app.get_option("--quiet")->description("print its URLs and errors, no records");
}

void add_swarm_options(CLI::App& app, SwarmOptions& swarm) {
  add_number<int>(app, "--seeds", swarm.seeds, 1, 1000, "processes that have it all [1]");
  add_number<int>(app, "--leeches", swarm.leeches, 1, 1000, "processes that fetch it [2]");
  add_parsed<std::uint64_t>(app, "--size", swarm.size, parse_content_size, "SIZE",
                            "of the content [256MiB]");
  add_parsed<std::uint64_t>(app, "--piece-size", swarm.piece_length, parse_piece_size, "SIZE|auto",
                            "piece length [auto]");
  add_number<int>(app, "-j,--jobs", swarm.jobs, 1, 1024,
                  "worker threads of each leech [the CPUs, shared out]");
  add_number<int>(app, "--net-threads", swarm.net_threads, 1, 256,
                  "network threads of each process [1]");
  app.add_option("--dir", swarm.dir, "where its temporary directory goes [$TMPDIR]")
      ->type_name("DIR");
  add_duration(app, "--timeout", swarm.timeout, "give up after DUR [10m]");
  add_output_options(app, swarm.out);
  app.get_option("--quiet")->description("print the result and errors only");
}

void add_bench_options(CLI::App& app, BenchOptions& bench) {
  add_choice<BenchStage>(app, "STAGE", bench.stage,
                         {{"hash", BenchStage::kHash},
                          {"disk", BenchStage::kDisk},
                          {"net", BenchStage::kNet},
                          {"all", BenchStage::kAll}},
                         "what to measure; all: and a whole download, and which of them limits it")
      ->required();
  add_number<int>(app, "-j,--jobs", bench.jobs, 1, 1024, "worker threads [CPUs allowed]");
  app.add_option("--dir", bench.dir, "where it writes, without a trace [.]")->type_name("DIR");
  add_output_options(app, bench.out);
}

constexpr char const* kDescription =
    "btfast: a multithreaded BitTorrent engine and command\n\n"
    "  btfast -t FILE.torrent -j 8        download\n"
    "  btfast FILE.torrent [TARGET]       the same, naming the output\n";
constexpr char const* kFooter =
    "\nSettings are also read from the environment (--max-peers: BTFAST_MAX_PEERS), then from\n"
    "$XDG_CONFIG_HOME/btfast/btfast.toml (max-peers = 50).  Sizes: KB MB GB (10^3), KiB MiB GiB "
    "(2^10).\n"
    "Rates: a size a second, or kbit Mbit Gbit (10^3 bits).\n"
    "Durations: 500ms 30s 5m 2h.\n"
    "Exit status: 0 done, 1 internal, 2 usage, 3 bad torrent, 4 network, 5 gave up, 6 storage,\n"
    "7 interrupted, 8 verification failed, 9 no space, 10 output in use.";

// What names the work of one run is no setting.
bool of_one_run(std::string const& name) {
  static constexpr std::array<std::string_view, 10> kOfOneRun = {
      "help",   "torrent",   "info",      "announce-only", "peer",
      "select", "no-resume", "no-verify", "super-seed",    "tracker-insecure"};
  return std::find(kOfOneRun.begin(), kOfOneRun.end(), name) != kOfOneRun.end();
}

// The settings of `command` may stand in the environment too, and so in the configuration file.
void read_environment(CLI::App& command) {
  for (CLI::Option* const option : command.get_options()) {
    if (option->get_lnames().empty() || of_one_run(option->get_lnames().front())) continue;
    option->envname(variable_of(option->get_lnames().front()));
  }
  // Else the parser would read it for each command, the ones that were not asked for as well.
  command.parse_complete_callback([] {});
}

}  // namespace

void describe_commands(CLI::App& app, ParsedOptions& parsed) {
  app.description(kDescription);
  app.set_version_flag("-V,--version", "btfast " BTFAST_VERSION);
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  add_get_options(app, parsed.shown);
  CLI::App& get = *app.add_subcommand("get", "download a torrent");
  add_get_options(get, parsed.get);
  read_environment(get);
  CLI::App& seed = *app.add_subcommand("seed", "hash what is there, then seed it");
  add_seed_options(seed, parsed.get);
  read_environment(seed);
  add_info_options(*app.add_subcommand("info", "what a torrent file says"), parsed.info);
  add_create_options(*app.add_subcommand("create", "make a torrent file"), parsed.create);
  add_verify_options(*app.add_subcommand("verify", "hash everything, name what is bad"),
                     parsed.verify);
  add_swarm_options(*app.add_subcommand("swarm", "a whole swarm on this machine, measured"),
                    parsed.swarm);
  add_bench_options(*app.add_subcommand("bench", "what each stage can do here"), parsed.bench);
  add_tracker_options(*app.add_subcommand("tracker", "a small tracker for closed networks"),
                      parsed.tracker);
  add_dump_options(*app.add_subcommand("dump", "the tree of a bencoded file"), parsed.dump);
}

}  // namespace btfast::cli
