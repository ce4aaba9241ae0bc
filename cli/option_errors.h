// What is wrong with a command line, in words that say what to type instead.
//
// Threads: start-up, one thread.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace btfast::cli {

// `command` is the one that was asked for.
std::string usage_text(CLI::App const& app, CLI::App const& command, CLI::ParseError const& error);

}  // namespace btfast::cli
