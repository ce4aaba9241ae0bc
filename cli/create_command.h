// `btfast create`: a torrent file from a file or directory.
//
// Threads: the main thread; hashes on threads of its own.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "cli/exit_status.h"
#include "cli/output_options.h"

namespace btfast::cli {

struct CreateOptions {
  std::string path;
  std::string output;                 // "": NAME.torrent here; "-": standard output
  std::vector<std::string> announce;  // each a tier of its own, before `tiers`
  std::vector<std::string> tiers;     // "URL,URL"
  std::vector<std::string> web_seeds;
  std::vector<std::string> exclude;  // patterns
  bool follow_links = false;
  std::uint64_t piece_length = 0;  // 0: chosen by size
  bool is_private = false;
  std::string comment;
  std::string source;
  bool no_date = false;
  bool force = false;  // replace an existing output
  unsigned jobs = 0;   // 0: one a CPU
  OutputOptions out;
};

// A summary or its JSON goes to `out`, or to `err` where the torrent itself goes to `out`;
// with -q there is no summary.
ExitStatus run_create(CreateOptions const& options, std::ostream& out, std::ostream& err);

}  // namespace btfast::cli
