// Every command with its options: what the parser, the help and the completions are made from.
//
// Threads:   start-up, one thread.
// Ownership: the parser writes into a ParsedOptions, which outlives it.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "cli/bench_command.h"
#include "cli/create_command.h"
#include "cli/dump_command.h"
#include "cli/info_command.h"
#include "cli/option_groups.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "cli/swarm_command.h"
#include "cli/tracker_command.h"
#include "cli/verify_command.h"

namespace btfast::cli {

enum class Shell : std::uint8_t { kBash, kZsh, kFish };

// One set of values per command; the parser writes them, the caller takes one.
struct ParsedOptions {
  GetOptions shown;           // of the help without a command; nothing is read into it
  TorrentArguments torrents;  // of whichever command takes some
  GetOptions get;
  InfoOptions info;
  CreateOptions create;
  DumpOptions dump;
  VerifyOptions verify;
  TrackerOptions tracker;
  SwarmOptions swarm;
  BenchOptions bench;
  OutputOptions answer;  // of `help`, `version` and `completion`
  Shell shell = Shell::kBash;
  std::string help_of;  // a command, or all
};

void describe_commands(CLI::App& app, ParsedOptions& parsed);

std::vector<std::string> command_names(CLI::App const& app);
// Null when there is none of that name.
CLI::App const* find_command(CLI::App const& app, std::string const& name);
std::string long_name(CLI::Option const& option);  // "jobs"; empty of a positional
// Which options of which command may stand in the environment and the configuration file.
std::vector<SettingNames> setting_names(CLI::App const& app);

}  // namespace btfast::cli
