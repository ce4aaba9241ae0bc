// The options that several commands share.
//
// Threads: start-up, one thread.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/options.h"

namespace btfast::cli {

void add_engine_options(CLI::App& app, EngineConfig& engine);
void add_output_options(CLI::App& app, OutputOptions& out);

}  // namespace btfast::cli
