// The options of the commands that transfer: `get` and `seed`.
//
// Threads: start-up, one thread.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/options.h"

namespace btfast::cli {

void add_get_options(CLI::App& app, GetOptions& get);
void add_seed_options(CLI::App& app, GetOptions& get);

}  // namespace btfast::cli
