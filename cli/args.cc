#include "cli/args.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/bind_address.h"
#include "cli/config_file.h"
#include "cli/cpu_count.h"
#include "cli/memory_limit.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

using std::chrono::milliseconds;

// One set of values per command; the parser writes them, the caller takes one.
struct Parsed {
  GetOptions get;
  InfoOptions info;
  CreateOptions create;
  DumpOptions dump;
  VerifyOptions verify;
  TrackerOptions tracker;
  SwarmOptions swarm;
  BenchOptions bench;
};

// -- values: CLI11 keeps the text, these turn it into a type or say what is wrong --------------

CLI::ValidationError bad_value(std::string const& option, std::string const& form,
                               std::string const& text) {
  return CLI::ValidationError(option, "expected " + form + ", not \"" + escaped(text) + "\"");
}

template <class T>
CLI::Option* add_parsed(CLI::App& app, std::string const& names, T& into,
                        std::function<std::optional<T>(std::string const&)> parse,
                        std::string const& form, std::string const& help) {
  auto const read = [&into, parse, form, names](std::string const& text) {
    auto const value = parse(text);
    if (!value) throw bad_value(names, form, text);
    into = *value;
  };
  return app.add_option_function<std::string>(names, read, help)->type_name(form);
}

CLI::Option* add_duration(CLI::App& app, std::string const& names, milliseconds& into,
                          std::string const& help) {
  auto const read = [](std::string const& t) { return parse_duration(t); };
  return add_parsed<milliseconds>(app, names, into, read, "DUR", help);
}

std::optional<std::optional<milliseconds>> read_optional_duration(std::string const& text) {
  auto const duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return std::optional<std::optional<milliseconds>>{std::in_place, *duration};
}

// `least` and more.
CLI::Option* add_duration_from(CLI::App& app, std::string const& names, milliseconds& into,
                               milliseconds least, std::string const& help) {
  auto const read = [least](std::string const& text) {
    auto const duration = parse_duration(text);
    return duration && *duration >= least ? duration : std::nullopt;
  };
  std::string const form = "DUR, at least " + std::to_string(least.count()) + "ms";
  return add_parsed<milliseconds>(app, names, into, read, form, help)->type_name("DUR");
}

std::optional<std::uint64_t> read_size(std::string const& text) { return parse_size(text); }
std::optional<std::uint64_t> read_rate(std::string const& text) { return parse_rate(text); }

template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

template <class T>
CLI::Option* add_choice(CLI::App& app, std::string const& names, T& into, Choices<T> choices,
                        std::string const& help) {
  std::string form;
  for (auto const& choice : choices) form += (form.empty() ? "" : "|") + choice.first;
  auto const read = [choices](std::string const& text) -> std::optional<T> {
    for (auto const& choice : choices) {
      if (choice.first == text) return choice.second;
    }
    return std::nullopt;
  };
  return add_parsed<T>(app, names, into, read, form, help);
}

CLI::Option* add_bind(CLI::App& app, std::string const& help, std::function<void(BindTarget)> use) {
  auto const read = [use](std::string const& text) {
    auto target = bind_target(text);
    if (!target) throw CLI::ValidationError("--bind", failure_text(target.error()));
    use(*std::move(target));
  };
  return app.add_option_function<std::string>("--bind", read, help)->type_name("ADDR|IFACE");
}

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<PortRange> parse_port_range(std::string const& text) {
  auto const dash = text.find('-');
  auto const first = parse_port(std::string_view{text}.substr(0, dash));
  auto const last =
      dash == std::string::npos ? first : parse_port(std::string_view{text}.substr(dash + 1));
  if (!first || !last || *last < *first || (*first == 0 && *last != 0)) return std::nullopt;
  return PortRange{*first, *last};
}

std::optional<std::uint32_t> parse_slots(std::string const& text) {
  if (text == "auto") return EngineConfig{}.upload_slots;
  auto const slots = parse_port(text);  // 0 to 65535 is range enough
  if (!slots) return std::nullopt;
  return std::uint32_t{*slots};
}

// -- option groups ---------------------------------------------------------------------------

void add_limits(CLI::App& app, EngineConfig& engine) {
  char const* const group = "Engine";
  add_parsed<std::uint64_t>(app, "--down-limit", engine.down_limit_bytes_per_s, read_rate, "RATE",
                            "download no faster: 80MiB, 800Mbit; 0 = no limit [0]")
      ->envname("BTFAST_DOWN_LIMIT")
      ->group(group);
  add_parsed<std::uint64_t>(app, "--up-limit", engine.up_limit_bytes_per_s, read_rate, "RATE",
                            "upload no faster [0]")
      ->envname("BTFAST_UP_LIMIT")
      ->group(group);
}

void add_engine_options(CLI::App& app, EngineConfig& engine) {
  engine.cache_bytes = default_cache_bytes();
  char const* const group = "Engine";
  app.add_option("-j,--jobs", engine.jobs, "worker threads [CPUs allowed by affinity and cgroup]")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->envname("BTFAST_JOBS")
      ->group(group);
  app.add_option("--net-threads", engine.net_threads, "network threads [1 per 4 CPUs]")
      ->check(CLI::Range(1, 256))
      ->type_name("N")
      ->envname("BTFAST_NET_THREADS")
      ->group(group);
  app.add_option("--max-peers", engine.max_peers, "connections per torrent [200]")
      ->check(CLI::Range(1, 60000))
      ->type_name("N")
      ->envname("BTFAST_MAX_PEERS")
      ->group(group);
  add_parsed<std::uint32_t>(app, "--upload-slots", engine.upload_slots, parse_slots, "N|auto",
                            "peers served at the same time [auto]")
      ->envname("BTFAST_UPLOAD_SLOTS")
      ->group(group);
  app.add_option_function<std::string>(
         "--port",
         [&engine](std::string const& text) {
           auto const range = parse_port_range(text);
           if (!range) throw bad_value("--port", "N or N-M", text);
           engine.port_first = range->first;
           engine.port_last = range->last;
         },
         "listen port, the first free of a range [6881-6889]; 0 = any")
      ->type_name("N[-M]")
      ->envname("BTFAST_PORT")
      ->group(group);
  add_bind(app, "source of everything: listening, peers, trackers",
           [&engine](BindTarget target) {
             engine.bind = target.address;
             engine.bind_device = std::move(target.device);
           })
      ->envname("BTFAST_BIND")
      ->group(group);
  add_parsed<std::uint64_t>(app, "--cache", engine.cache_bytes, read_size, "SIZE",
                            "bytes in flight between network and disk [256MiB, or a quarter\n"
                            "of a smaller memory]")
      ->envname("BTFAST_CACHE")
      ->group(group);
  add_choice<AllocChoice>(
      app, "--alloc", engine.alloc,
      {{"sparse", AllocChoice::kSparse},
       {"full", AllocChoice::kFull},
       {"auto", AllocChoice::kAuto}},
      "how files are laid out [full where the file system has extents, else sparse]")
      ->envname("BTFAST_ALLOC")
      ->group(group);
  add_choice<Strategy>(app, "--strategy", engine.strategy,
                       {{"sequential", Strategy::kSequential},
                        {"random", Strategy::kRandom},
                        {"smart", Strategy::kSmart}},
                       "which piece is next [smart = rarest first]")
      ->envname("BTFAST_STRATEGY")
      ->group(group);
  add_limits(app, engine);
}

void add_output_options(CLI::App& app, OutputOptions& out) {
  char const* const group = "Output";
  app.add_flag("-q,--quiet", out.quiet, "print nothing but errors")->group(group);
  app.add_flag("-v,--verbose", out.verbose, "log more; repeat for debug and trace")->group(group);
  add_choice<ProgressMode>(app, "--progress", out.progress,
                           {{"auto", ProgressMode::kAuto},
                            {"panel", ProgressMode::kPanel},
                            {"line", ProgressMode::kLine},
                            {"log", ProgressMode::kLog},
                            {"json", ProgressMode::kJson},
                            {"none", ProgressMode::kNone}},
                           "how the transfer is shown [auto]")
      ->envname("BTFAST_PROGRESS")
      ->group(group);
  add_duration(app, "--summary-interval", out.summary_interval,
               "time between progress records [10s]")
      ->envname("BTFAST_SUMMARY_INTERVAL")
      ->group(group);
  app.add_flag("--json", out.json, "the result as one JSON object on stdout")->group(group);
  add_choice<RecordFormat>(app, "--log-format", out.log_format,
                           {{"logfmt", RecordFormat::kLogfmt}, {"json", RecordFormat::kJson}},
                           "how records are written [logfmt]")
      ->envname("BTFAST_LOG_FORMAT")
      ->group(group);
}

std::optional<std::optional<double>> parse_ratio(std::string const& text) {
  double ratio = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), ratio);
  bool const whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !(ratio > 0 && ratio < 1e6)) return std::nullopt;
  return std::optional<std::optional<double>>{std::in_place, ratio};
}

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

void add_seed_options(CLI::App& app, GetOptions& get) {
  app.add_option("-t,--torrent", get.torrent, ".torrent file, - for standard input")
      ->type_name("FILE");
  app.add_option("-o,--output", get.output, "where the file or top folder is [.]")
      ->type_name("DIR");
  app.add_flag("--no-verify", get.no_verify, "trust what is there, do not hash it first");
  app.add_option("--peer", get.peers, "also connect here (repeatable)")->type_name("HOST:PORT");
  app.add_option("--select", get.select, kSelectHelp)->type_name("LIST");
  add_tracker_insecure(app, get.engine);
  add_seed_goals(app, get);
  app.add_option("FILE", get.positional, "FILE.torrent [TARGET]")
      ->expected(0, 2)
      ->type_name("[TARGET]");
  add_engine_options(app, get.engine);
  add_output_options(app, get.out);
}

void add_get_options(CLI::App& app, GetOptions& get) {
  app.add_option("-t,--torrent", get.torrent, ".torrent file, - for standard input")
      ->type_name("FILE");
  app.add_option("-o,--output", get.output, "where to put it [.]; created if missing")
      ->type_name("DIR")
      ->envname("BTFAST_OUTPUT");
  app.add_flag("--info", get.info, "show torrent information and exit");
  app.add_flag("--announce-only", get.announce_only,
               "ask every tracker once, a line each, and exit");
  app.add_option("--peer", get.peers, "also connect here (repeatable)")->type_name("HOST:PORT");
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
  app.add_option("FILE", get.positional,
                 "FILE.torrent [TARGET]: the torrent, and the name of the "
                 "output file or top folder")
      ->expected(0, 2)
      ->type_name("[TARGET]");
  add_engine_options(app, get.engine);
  add_output_options(app, get.out);
}

void add_info_options(CLI::App& app, InfoOptions& info) {
  app.add_option("FILE", info.torrent, ".torrent file, - for standard input")->required();
  app.add_flag("--json", info.json, "one JSON object");
  app.add_flag("-v,--verbose", info.verbose, "the keys of the info dictionary too");
}

void add_dump_options(CLI::App& app, DumpOptions& dump) {
  app.add_option("FILE", dump.file, "any bencoded file, - for standard input")->required();
  app.add_flag("--full", dump.full, "whole strings, however long");
}

std::optional<std::uint64_t> parse_piece_size(std::string const& text) {
  return text == "auto" ? std::optional<std::uint64_t>{0} : parse_size(text);
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
           [&tracker](BindTarget target) { tracker.bind = target.address; });
  add_duration_from(app, "--interval", tracker.interval, std::chrono::seconds{10},
                    "how often peers are to come back [2m]");
  add_duration_from(app, "--summary-interval", tracker.summary_interval, std::chrono::seconds{1},
                    "time between records of what it does [60s]");
  app.add_flag("-q,--quiet", tracker.quiet, "print its URLs and errors, no records");
}

std::optional<std::uint64_t> parse_content_size(std::string const& text) {
  auto const size = parse_size(text);
  return size && *size > 0 ? size : std::nullopt;
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
                         "what to measure; all also says which would limit a download")
      ->required();
  app.add_option("-j,--jobs", bench.jobs, "worker threads [CPUs allowed]")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_option("--dir", bench.dir, "where the disk's file goes, without a name [.]")
      ->type_name("DIR");
  app.add_flag("--json", bench.json, "one JSON object");
}

constexpr char const* kDescription =
    "btfast: a multithreaded BitTorrent engine and command\n\n"
    "  btfast -t FILE.torrent -j 8        download\n"
    "  btfast FILE.torrent [TARGET]       the same, naming the output\n";
constexpr char const* kFooter =
    "\nEvery option also reads BTFAST_<NAME> from the environment, then NAME from\n"
    "$XDG_CONFIG_HOME/btfast/btfast.toml.  Sizes: KB MB GB (10^3), KiB MiB GiB (2^10).\n"
    "Rates: a size a second, or kbit Mbit Gbit (10^3 bits).\n"
    "Durations: 500ms 30s 5m 2h.\n"
    "Exit status: 0 done, 1 internal, 2 usage, 3 bad torrent, 4 network, 5 gave up, 6 storage,\n"
    "7 interrupted, 8 verification failed, 9 no space, 10 output in use.";

void describe_app(CLI::App& app, Parsed& parsed) {
  app.set_version_flag("-V,--version", "btfast " BTFAST_VERSION);
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  add_get_options(app, parsed.get);
  add_get_options(*app.add_subcommand("get", "download a torrent"), parsed.get);
  add_seed_options(*app.add_subcommand("seed", "hash what is there, then seed it"), parsed.get);
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
  CLI::App app{kDescription, "btfast"};
  describe_app(app, parsed);
  try {
    app.parse(argc, argv);
    return chosen(app, parsed);
  } catch (CLI::ParseError const& error) {
    // Help and version are "errors" with status 0, on stdout; all else is a usage error.
    status = app.exit(error) == 0 ? ExitStatus::kDone : ExitStatus::kUsage;
    return std::nullopt;
  }
}

}  // namespace btfast::cli
