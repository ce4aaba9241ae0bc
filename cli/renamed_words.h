// How it is told that files have other names on disk than the torrent gives them: events of a
// transfer, warnings of other commands, and an object in JSON.
//
// Threads: the thread that runs the command.
// Bound:   kRenamedSaid files are named to people, RenamedFiles::kNamed in JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "cli/command_output.h"
#include "engine/metainfo/renamed_files.h"

namespace btfast::cli {

inline constexpr std::size_t kRenamedSaid = 10;

// file_renamed name=… path=…, each; files_renamed more=… for those that are not named.
void log_renamed(RenamedFiles const& renamed);
void warn_renamed(RenamedFiles const& renamed, CommandOutput const& output);
// {"count":…,"files":[{"name":…,"path":…},…]}
nlohmann::ordered_json renamed_json(RenamedFiles const& renamed);

}  // namespace btfast::cli
