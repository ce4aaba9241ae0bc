// The options of the commands that transfer: `get` and `seed`.
//
// Threads: start-up, one thread.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/option_groups.h"
#include "cli/options.h"

namespace btfast::cli {

void add_get_options(CLI::App& app, GetOptions& get, TorrentArguments& arguments);
void add_seed_options(CLI::App& app, GetOptions& get, TorrentArguments& arguments);

}  // namespace btfast::cli
