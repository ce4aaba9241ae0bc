// What is wrong with a command line, in words that say what to type instead.
//
// Threads: start-up, one thread.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "cli/exit_status.h"

namespace btfast::cli {

// `command` is the one that was asked for.
std::string usage_text(CLI::App const& app, CLI::App const& command, CLI::ParseError const& error);

// Ours where a value was right and could not be used (--bind), else kUsage.
ExitStatus usage_status(CLI::ParseError const& error) noexcept;

}  // namespace btfast::cli
