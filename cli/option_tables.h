// Every command with its options: what the parser, the help and the completions are made from.
//
// Threads:   start-up, one thread.
// Ownership: the parser writes into a ParsedOptions, which outlives it.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/bench_command.h"
#include "cli/create_command.h"
#include "cli/dump_command.h"
#include "cli/info_command.h"
#include "cli/options.h"
#include "cli/swarm_command.h"
#include "cli/tracker_command.h"
#include "cli/verify_command.h"

namespace btfast::cli {

// One set of values per command; the parser writes them, the caller takes one.
struct ParsedOptions {
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

void describe_commands(CLI::App& app, ParsedOptions& parsed);

}  // namespace btfast::cli
