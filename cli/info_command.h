// `btfast info`: what a torrent file says, for people or as JSON.  Opens no socket and
// writes no file.
//
// Threads: the main thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "cli/exit_status.h"
#include "cli/output_options.h"
#include "engine/base/limits.h"

namespace btfast::cli {

struct InfoOptions {
  std::vector<std::string> torrents;  // paths, or "-"
  std::uint64_t torrent_bytes_max = limits::kMetainfoBytes;
  OutputOptions out;  // -v: the keys of the info dictionary too
};

// The result to `out`; warnings and the reason of a failure to `err`, a line each.
ExitStatus run_info(InfoOptions const& options, std::ostream& out, std::ostream& err);

}  // namespace btfast::cli
