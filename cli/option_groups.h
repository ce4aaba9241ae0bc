// The options that several commands share.
//
// Threads: start-up, one thread.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "cli/options.h"

namespace btfast::cli {

inline constexpr char const* kSelectHelp =
    "files by name, folder, index, range or glob: 1,4-6,sub/,*.iso; ! takes out again: "
    "*,!*.txt (names and indices as `btfast info` prints them)";

// What names torrents and the output on the command line; sort_words() tells them apart.
struct TorrentArguments {
  std::vector<std::string> given;  // by -t
  std::vector<std::string> words;  // alone
  std::string as;                  // --as
  bool after_command = false;      // `btfast get x`, not `btfast x`
};
void add_torrents(CLI::App& app, TorrentArguments& arguments, char const* words_help);
void add_as(CLI::App& app, TorrentArguments& arguments);
// An option that may be given again, one value each time.
CLI::Option* add_repeated(CLI::App& app, std::string const& names, std::vector<std::string>& into,
                          std::string const& form, std::string const& help);

void add_torrent_limit(CLI::App& app, std::uint64_t& bytes_max);
void add_engine_options(CLI::App& app, EngineConfig& engine);
void add_output_options(CLI::App& app, OutputOptions& out);

}  // namespace btfast::cli
