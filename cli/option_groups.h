// The options that several commands share.
//
// Threads: start-up, one thread.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>

#include "cli/options.h"

namespace btfast::cli {

constexpr char const* kSelectHelp =
    "files by name, folder, index, range or glob: 1,4-6,sub/,*.iso; ! takes out again:\n"
    "*,!*.txt (names and indices as `btfast info` prints them)";

void add_torrent_limit(CLI::App& app, std::uint64_t& bytes_max);
void add_engine_options(CLI::App& app, EngineConfig& engine);
void add_output_options(CLI::App& app, OutputOptions& out);

}  // namespace btfast::cli
