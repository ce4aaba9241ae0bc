#include "cli/args.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/arg_values.h"
#include "cli/config_file.h"
#include "cli/cpu_count.h"
#include "cli/option_groups.h"
#include "cli/option_values.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

using std::chrono::milliseconds;

// One set of values per command; the parser writes them, the caller takes one.
struct Parsed {
  GetOptions shown;  // of the help without a command; nothing is read into it
  GetOptions get;
  InfoOptions info;
  CreateOptions create;
  DumpOptions dump;
  VerifyOptions verify;
  TrackerOptions tracker;
  SwarmOptions swarm;
  BenchOptions bench;
};

// -- options by command ------------------------------------------------------------------------

void add_seed_goals(CLI::App& app, GetOptions& get) {
  add_parsed<std::optional<double>>(app, "--seed-ratio", get.seed.ratio, parse_ratio, "R",
                                    "seed until R times the size was sent");
  add_parsed<std::optional<milliseconds>>(app, "--seed-time", get.seed.time, read_optional_duration,
                                          "DUR", "seed for DUR");
  app.add_flag("--super-seed", get.engine.super_seed,
               "where all is here at the start: name each piece to one peer and wait until it\n"
               "passes it on (BEP 16)");
}

constexpr char const* kSelectHelp =
    "files by index, range or glob: 1,4-6,*.iso (indices as `btfast info` prints them,\n"
    "from 1; a glob is a name, or a path below the top folder)";

// For one run only: neither the environment nor the configuration file can set it.
void add_tracker_insecure(CLI::App& app, EngineConfig& engine) {
  app.add_flag_callback(
      "--tracker-insecure", [&engine] { engine.verify_tls = false; },
      "do not check the certificates of https trackers");
}

void add_torrent_limit(CLI::App& app, std::uint64_t& bytes_max) {
  add_parsed<std::uint64_t>(app, "--max-torrent", bytes_max, read_size, "SIZE",
                            "refuse a larger torrent file [10MiB]");
}

// With -t the first one is the target: complete() tells them apart.
void add_positionals(CLI::App& app, GetOptions& get) {
  auto const add = [&get](std::string const& word) { get.positional.push_back(word); };
  app.add_option_function<std::string>("FILE", add, "the torrent, without -t");
  app.add_option_function<std::string>("TARGET", add, "the name of the output file or top folder");
}

void add_seed_options(CLI::App& app, GetOptions& get) {
  app.add_option("-t,--torrent", get.torrent, ".torrent file, - for standard input")
      ->type_name("FILE");
  app.add_option("-o,--output", get.output, "where the file or top folder is [.]")
      ->type_name("DIR");
  app.add_flag("--no-verify", get.no_verify, "trust what is there, do not hash it first");
  app.add_option("--peer", get.peers, "also connect here (repeatable)")->type_name("HOST:PORT");
  app.add_option("--select", get.select, kSelectHelp)->type_name("LIST");
  add_torrent_limit(app, get.torrent_bytes_max);
  add_tracker_insecure(app, get.engine);
  add_seed_goals(app, get);
  add_positionals(app, get);
  add_engine_options(app, get.engine);
  add_output_options(app, get.out);
}

void add_get_options(CLI::App& app, GetOptions& get) {
  app.add_option("-t,--torrent", get.torrent, ".torrent file, - for standard input")
      ->type_name("FILE");
  app.add_option("-o,--output", get.output, "where to put it [.]; created if missing")
      ->type_name("DIR");
  app.add_flag("--info", get.info, "show torrent information and exit");
  app.add_flag("--announce-only", get.announce_only,
               "ask every tracker once, a line each, and exit");
  app.add_option("--peer", get.peers, "also connect here (repeatable)")->type_name("HOST:PORT");
  add_torrent_limit(app, get.torrent_bytes_max);
  add_tracker_insecure(app, get.engine);
  app.add_option("--select", get.select, kSelectHelp)->type_name("LIST");
  app.add_flag("--first-last", get.first_last, "fetch each file's first and last piece first");
  app.add_flag("--no-resume", get.no_resume, "ignore the control file, hash what is on disk");
  app.add_flag("--seed", get.seed.seed, "keep seeding after completion [stop]");
  add_seed_goals(app, get);
  add_parsed<std::optional<milliseconds>>(app, "--timeout", get.timeout, read_optional_duration,
                                          "DUR", "give up after DUR");
  add_parsed<std::optional<milliseconds>>(app, "--stall-timeout", get.stall_timeout,
                                          read_optional_duration, "DUR",
                                          "give up after DUR without a new block");
  add_positionals(app, get);
  add_engine_options(app, get.engine);
  add_output_options(app, get.out);
}

void add_info_options(CLI::App& app, InfoOptions& info) {
  app.add_option("FILE", info.torrent, ".torrent file, - for standard input")->required();
  app.add_flag("--json", info.json, "one JSON object");
  app.add_flag("-v,--verbose", info.verbose, "the keys of the info dictionary too");
  add_torrent_limit(app, info.torrent_bytes_max);
}

void add_dump_options(CLI::App& app, DumpOptions& dump) {
  app.add_option("FILE", dump.file, "any bencoded file, - for standard input")->required();
  app.add_flag("--full", dump.full, "whole strings, however long");
  add_torrent_limit(app, dump.bytes_max);
}

void add_create_options(CLI::App& app, CreateOptions& create) {
  app.add_option("PATH", create.path, "file or directory to share")->required();
  app.add_option("-o,--output", create.output, "the torrent file [NAME.torrent]; - for stdout")
      ->type_name("FILE");
  app.add_option("-a,--announce", create.announce, "tracker, a tier of its own (repeatable)")
      ->type_name("URL");
  app.add_option("--tier", create.tiers, "trackers of one tier (repeatable)")->type_name("URL,URL");
  app.add_option("--web-seed", create.web_seeds, "HTTP source (repeatable)")->type_name("URL");
  add_parsed<std::uint64_t>(app, "--piece-size", create.piece_length, parse_piece_size, "SIZE|auto",
                            "piece length [auto]");
  app.add_flag("--private", create.is_private, "only peers from the trackers (BEP 27)");
  app.add_option("--comment", create.comment, "free text")->type_name("T");
  app.add_option("--source", create.source, "tag that makes the info hash unique")->type_name("T");
  app.add_flag("--no-date", create.no_date, "leave the creation date out");
  app.add_flag("--force", create.force, "replace an existing torrent file");
  app.add_option("-j,--jobs", create.jobs, "hashing threads [CPUs allowed]")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
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
  app.add_option("-j,--jobs", verify.jobs, "hashing threads [CPUs allowed]")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_flag("--json", verify.json, "one JSON object");
  app.add_flag("-q,--quiet", verify.quiet, "print nothing but errors");
}

void add_tracker_options(CLI::App& app, TrackerOptions& tracker) {
  app.add_option("--port", tracker.port, "of HTTP and UDP [6969]; 0 = any")
      ->check(CLI::Range(0, 65535))
      ->type_name("N");
  add_bind(app, "where to listen [every address]",
           [&tracker](BindTarget const& target) { tracker.bind = target.address; });
  add_duration_from(app, "--interval", tracker.interval, std::chrono::seconds{10},
                    "how often peers are to come back [2m]");
  add_duration_from(app, "--summary-interval", tracker.summary_interval, std::chrono::seconds{1},
                    "time between records of what it does [60s]");
  app.add_flag("-q,--quiet", tracker.quiet, "print its URLs and errors, no records");
}

void add_swarm_options(CLI::App& app, SwarmOptions& swarm) {
  app.add_option("--seeds", swarm.seeds, "processes that have it all [1]")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  app.add_option("--leeches", swarm.leeches, "processes that fetch it [2]")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  add_parsed<std::uint64_t>(app, "--size", swarm.size, parse_content_size, "SIZE",
                            "of the content [256MiB]");
  add_parsed<std::uint64_t>(app, "--piece-size", swarm.piece_length, parse_piece_size, "SIZE|auto",
                            "piece length [auto]");
  app.add_option("-j,--jobs", swarm.jobs, "worker threads of each leech [the CPUs, shared out]")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_option("--net-threads", swarm.net_threads, "network threads of each process [1]")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
  app.add_option("--dir", swarm.dir, "where its temporary directory goes [$TMPDIR]")
      ->type_name("DIR");
  add_duration(app, "--timeout", swarm.timeout, "give up after DUR [10m]");
  app.add_flag("--json", swarm.json, "one JSON object");
  app.add_flag("-q,--quiet", swarm.quiet, "print the result and errors only");
}

void add_bench_options(CLI::App& app, BenchOptions& bench) {
  add_choice<BenchStage>(app, "STAGE", bench.stage,
                         {{"hash", BenchStage::kHash},
                          {"disk", BenchStage::kDisk},
                          {"net", BenchStage::kNet},
                          {"all", BenchStage::kAll}},
                         "what to measure; all: and a whole download, and which of them limits it")
      ->required();
  app.add_option("-j,--jobs", bench.jobs, "worker threads [CPUs allowed]")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_option("--dir", bench.dir, "where it writes, without a trace [.]")->type_name("DIR");
  app.add_flag("--json", bench.json, "one JSON object");
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

void describe_app(CLI::App& app, Parsed& parsed) {
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

// What the options leave to the machine, and the positional form.
void complete(GetOptions& get) {
  int const cpus = usable_cpus();
  if (get.engine.jobs == 0) get.engine.jobs = cpus;
  if (get.engine.net_threads == 0) get.engine.net_threads = std::max(1, cpus / 4);
  auto rest = get.positional.begin();
  if (get.torrent.empty() && rest != get.positional.end()) get.torrent = *rest++;
  if (rest != get.positional.end()) get.target = *rest++;
  if (get.torrent.empty()) {
    throw CLI::ValidationError("-t", "missing: which torrent? (btfast -t FILE.torrent)");
  }
  if (get.seed_only) get.seed.seed = true;
  if (rest != get.positional.end()) throw CLI::ExtrasError({*rest});
}

// `btfast -t x` is `btfast get -t x`.  Options belong to commands, so the command comes first; what
// else asks for help or the version does so in its place.
bool names_command(CLI::App const& app, std::string_view word) {
  auto const commands = app.get_subcommands([](CLI::App const*) { return true; });
  return std::any_of(commands.begin(), commands.end(),
                     [&](CLI::App const* each) { return each->get_name() == word; });
}
std::vector<char const*> with_command(CLI::App const& app, std::span<char const* const> words) {
  static constexpr std::array<std::string_view, 4> kOfNone = {"-h", "--help", "-V", "--version"};
  std::vector<char const*> out{words.begin(), words.end()};
  bool const none =
      words.size() > 1 && std::find(kOfNone.begin(), kOfNone.end(), words[1]) != kOfNone.end();
  if (!none && (words.size() < 2 || !names_command(app, words[1]))) {
    out.insert(out.begin() + std::min<std::ptrdiff_t>(1, std::ssize(out)), "get");
  }
  return out;
}

// `btfast -j 2 verify …` would be a download into a file of that name.
void refuse_late_command(CLI::App const& app, std::vector<std::string> const& positional) {
  for (auto const& word : positional) {
    if (!names_command(app, word)) continue;
    throw CLI::ValidationError(
        word,
        fmt::format("a command comes first: btfast {0} [OPTIONS]; a file of that name is ./{0}",
                    word));
  }
}

Command chosen(CLI::App const& app, Parsed& parsed) {
  if (app.got_subcommand("info")) return parsed.info;
  if (app.got_subcommand("create")) return parsed.create;
  if (app.got_subcommand("dump")) return parsed.dump;
  if (app.got_subcommand("verify")) return parsed.verify;
  if (app.got_subcommand("tracker")) return parsed.tracker;
  if (app.got_subcommand("swarm")) return parsed.swarm;
  if (app.got_subcommand("bench")) return parsed.bench;
  parsed.get.seed_only = app.got_subcommand("seed");
  complete(parsed.get);
  return parsed.get;
}

}  // namespace

std::optional<Command> parse_command_line(int argc, char const* const* argv, ExitStatus& status) {
  auto const config = read_config_file(default_config_path());
  if (!config) {
    std::cerr << "btfast: " << escaped(failure_text(config.error())) << '\n';
    status = ExitStatus::kUsage;
    return std::nullopt;
  }
  apply_config(*config);
  Parsed parsed;
  parsed.get.engine.jobs = 0;
  parsed.get.engine.net_threads = 0;
  parsed.swarm.program = argv[0];
  parsed.bench.program = argv[0];
  CLI::App app{kDescription, "btfast"};
  describe_app(app, parsed);
  std::span const given{argv, static_cast<std::size_t>(argc)};
  try {
    auto const words = with_command(app, given);
    app.parse(static_cast<int>(words.size()), words.data());
    if (words.size() > given.size()) refuse_late_command(app, parsed.get.positional);
    return chosen(app, parsed);
  } catch (CLI::ParseError const& error) {
    // Help and version are "errors" with status 0, on stdout; all else is a usage error.
    status = app.exit(error) == 0 ? ExitStatus::kDone : ExitStatus::kUsage;
    return std::nullopt;
  }
}

}  // namespace btfast::cli
