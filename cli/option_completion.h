// Completions for shells, made from the tables of options: commands, options, the values of those
// that have a few, files and folders.
//
// Threads: start-up, one thread.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "cli/option_tables.h"

namespace btfast::cli {

// `app` is described, and may have read words.
std::string completion_script(Shell shell, CLI::App const& app);

}  // namespace btfast::cli
