// Several torrents of one command, one after the other: each has its result, JSON objects stand in
// one array, and the status is that of the first that failed.
//
// Threads: the main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "cli/command_output.h"

namespace btfast::cli {

using RunOne = std::function<ExitStatus(std::string const& torrent, CommandOutput const& output)>;

// A result that cannot be written: what only tells has failed; what was transferred stays so.
enum class Unwritten : std::uint8_t { kFailure, kWarning };

// One torrent is run as if there were no others.  kInterrupted ends the row: what was not begun
// has no result.
ExitStatus run_each(std::vector<std::string> const& torrents, OutputOptions const& options,
                    std::ostream& out, std::ostream& err, RunOne const& one,
                    Unwritten unwritten = Unwritten::kFailure);

}  // namespace btfast::cli
