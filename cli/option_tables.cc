#include "cli/option_tables.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/arg_values.h"
#include "cli/create_values.h"
#include "cli/option_help.h"
#include "cli/option_transfer.h"
#include "cli/option_values.h"

namespace btfast::cli {
namespace {

void add_info_options(CLI::App& app, InfoOptions& info, TorrentArguments& arguments) {
  add_torrents(app, arguments, "torrents, as with -t");
  add_torrent_limit(app, info.torrent_bytes_max);
  add_output_options(app, info.out);
  app.get_option("--verbose")->description("the keys of the info dictionary too");
}

void add_dump_options(CLI::App& app, DumpOptions& dump, TorrentArguments& arguments) {
  add_torrents(app, arguments, "any bencoded file, - for standard input");
  app.add_flag("--full", dump.full, "whole strings, however long");
  add_torrent_limit(app, dump.bytes_max);
  add_output_options(app, dump.out);
}

void add_create_options(CLI::App& app, CreateOptions& create) {
  add_path(app, "PATH", create.path, "", "file or directory to share")->required();
  add_path(app, "-o,--output", create.output, "FILE",
           "the torrent file [NAME.torrent]; - for stdout");
  add_repeated(app, "-a,--announce", create.announce, "URL", "tracker, a tier of its own")
      ->check(tracker_fault);
  add_repeated(app, "--tier", create.tiers, "URL,URL", "trackers of one tier")->check(tier_fault);
  add_repeated(app, "--web-seed", create.web_seeds, "URL", "HTTP source")->check(web_seed_fault);
  add_repeated(app, "--exclude", create.exclude, "GLOB",
               "leave out what has this name or path, or matches: *.tmp, sub/*, dir/")
      ->check(pattern_fault);
  app.add_flag("--follow-symlinks", create.follow_links,
               "take what symbolic links lead to, under the links' names [left out]");
  add_piece_size(app, create.piece_length);
  app.add_flag("--private", create.is_private, "only peers from the trackers (BEP 27)");
  app.add_option("--comment", create.comment, "free text")->type_name("T")->check(remark_fault);
  app.add_option("--source", create.source, "tag that makes the info hash unique")
      ->type_name("T")
      ->check(remark_fault);
  app.add_flag("--no-date", create.no_date, "leave the creation date out");
  app.add_flag("--force", create.force, "replace an existing torrent file");
  add_number<unsigned>(app, "-j,--jobs", create.jobs, 1, 1024, "hashing threads [CPUs allowed]");
  add_output_options(app, create.out);
}

void add_verify_options(CLI::App& app, VerifyOptions& verify, TorrentArguments& arguments) {
  add_torrents(app, arguments, "torrents, as with -t; then perhaps the NAME on disk");
  add_as(app, arguments);
  add_torrent_limit(app, verify.torrent_bytes_max);
  add_path(app, "-o,--output", verify.output, "DIR", "where the file or top folder is [.]");
  app.add_option("--select", verify.select, kSelectHelp)->type_name("LIST");
  add_number<int>(app, "-j,--jobs", verify.jobs, 1, 1024, "hashing threads [CPUs allowed]");
  add_output_options(app, verify.out);
}

void add_tracker_options(CLI::App& app, TrackerOptions& tracker) {
  add_ports(app, "of HTTP and UDP, the first free of a range [6969]; 0 = any",
            [&tracker](PortRange range) { tracker.ports = range; });
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
  add_piece_size(app, swarm.piece_length);
  add_number<int>(app, "-j,--jobs", swarm.jobs, 1, 1024,
                  "worker threads of each leech [the CPUs, shared out]");
  add_number<int>(app, "--net-threads", swarm.net_threads, 1, 256,
                  "network threads of each process [1]");
  add_path(app, "--dir", swarm.dir, "DIR", "where its temporary directory goes [$TMPDIR]");
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
  add_path(app, "--dir", bench.dir, "DIR", "where it writes, without a trace [.]");
  add_output_options(app, bench.out);
}

constexpr char const* kDescription =
    "btfast: a multithreaded BitTorrent engine and command\n\n"
    "  btfast -t FILE.torrent -j 8        download\n"
    "  btfast FILE.torrent NAME           the same, naming the output\n"
    "  btfast help COMMAND                what a command can do\n";
constexpr char const* kFooter =
    "\nSettings are also read from the environment (--max-peers: BTFAST_MAX_PEERS),\n"
    "then from $XDG_CONFIG_HOME/btfast/btfast.toml (max-peers = 50).\n"
    "Sizes: KB MB GB (10^3), KiB MiB GiB (2^10).  Durations: 500ms 30s 5m 2h.\n"
    "Rates: a size a second, or kbit Mbit Gbit (10^3 bits).\n"
    "Exit status: 0 done, 1 internal, 2 usage, 3 bad torrent, 4 network, 5 gave up,\n"
    "6 storage, 7 interrupted, 8 verification failed, 9 no space, 10 output in use.";

// What names the work of one run is no setting.
bool of_one_run(std::string const& command, std::string const& name) {
  static constexpr std::array<std::string_view, 14> kOfOneRun = {
      "help",      "version", "torrent",   "as",        "info",       "announce-only",
      "peer",      "select",  "no-resume", "no-verify", "super-seed", "tracker-insecure",
      "overwrite", "force"};
  // They work whatever the settings are.
  static constexpr std::array<std::string_view, 3> kWithoutSettings = {"completion", "help",
                                                                       "version"};
  static constexpr std::array<std::string_view, 3> kOfOneTorrent = {"output", "comment", "source"};
  auto const is_name = [&](std::string_view each) { return each == name; };
  auto const is_command = [&](std::string_view each) { return each == command; };
  if (std::any_of(kWithoutSettings.begin(), kWithoutSettings.end(), is_command)) return true;
  return std::any_of(kOfOneRun.begin(), kOfOneRun.end(), is_name) ||
         (command == "create" && std::any_of(kOfOneTorrent.begin(), kOfOneTorrent.end(), is_name));
}

void add_helpers(CLI::App& app, ParsedOptions& parsed) {
  CLI::App& completion = *app.add_subcommand("completion", "a script for a shell");
  add_choice<Shell>(completion, "SHELL", parsed.shell,
                    {{"bash", Shell::kBash}, {"zsh", Shell::kZsh}, {"fish", Shell::kFish}},
                    "whose: printed, to be sourced or installed")
      ->required();
  add_output_options(completion, parsed.answer);
  CLI::App& help = *app.add_subcommand("help", "what a command can do");
  help.add_option("COMMAND", parsed.help_of, "which")->type_name("");
  add_output_options(help, parsed.answer);
  add_output_options(*app.add_subcommand("version", "which version this is"), parsed.answer);
}

}  // namespace

void describe_commands(CLI::App& app, ParsedOptions& parsed) {
  app.description(kDescription);
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  app.formatter(std::make_shared<HelpFormatter>());
  add_get_options(app, parsed.shown, parsed.torrents);
  CLI::App& get = *app.add_subcommand("get", "download a torrent");
  add_get_options(get, parsed.get, parsed.torrents);
  CLI::App& seed = *app.add_subcommand("seed", "hash what is there, then seed it");
  add_seed_options(seed, parsed.get, parsed.torrents);
  add_info_options(*app.add_subcommand("info", "what a torrent file says"), parsed.info,
                   parsed.torrents);
  add_create_options(*app.add_subcommand("create", "make a torrent file"), parsed.create);
  add_verify_options(*app.add_subcommand("verify", "hash everything, name what is bad"),
                     parsed.verify, parsed.torrents);
  add_swarm_options(*app.add_subcommand("swarm", "a whole swarm on this machine, measured"),
                    parsed.swarm);
  add_bench_options(*app.add_subcommand("bench", "what each stage can do here"), parsed.bench);
  add_tracker_options(*app.add_subcommand("tracker", "a small tracker for closed networks"),
                      parsed.tracker);
  add_dump_options(*app.add_subcommand("dump", "the tree of a bencoded file"), parsed.dump,
                   parsed.torrents);
  add_helpers(app, parsed);
}

std::vector<std::string> command_names(CLI::App const& app) {
  std::vector<std::string> names;
  for (CLI::App const* const each : app.get_subcommands([](CLI::App const*) { return true; })) {
    names.push_back(each->get_name());
  }
  return names;
}

CLI::App const* find_command(CLI::App const& app, std::string const& name) {
  auto const found =
      app.get_subcommands([&](CLI::App const* each) { return each->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

std::string long_name(CLI::Option const& option) {
  return option.get_lnames().empty() ? std::string{} : option.get_lnames().front();
}

std::vector<SettingNames> setting_names(CLI::App const& app) {
  std::vector<SettingNames> out;
  for (CLI::App const* const each : app.get_subcommands([](CLI::App const*) { return true; })) {
    SettingNames names{.command = each->get_name(), .known = {}, .one_run = {}};
    for (CLI::Option const* const option : each->get_options()) {
      std::string const name = long_name(*option);
      if (name.empty()) continue;
      (of_one_run(names.command, name) ? names.one_run : names.known).push_back(name);
    }
    out.push_back(std::move(names));
  }
  return out;
}

}  // namespace btfast::cli
