// `btfast verify`: hashes everything, names bad pieces and the files they touch.  Changes
// nothing on disk.
//
// Threads: the main thread; it waits for the hashing ones.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_status.h"
#include "cli/output_options.h"
#include "engine/base/limits.h"

namespace btfast::cli {

struct VerifyOptions {
  std::vector<std::string> torrents;  // paths, or "-"
  std::string output = ".";           // where the file or top folder is
  std::optional<std::string> target;  // its name, where it is not the torrent's
  std::optional<std::string> select;  // which files (engine/metainfo/file_selection.h); empty: all
  std::uint64_t torrent_bytes_max = limits::kMetainfoBytes;
  int jobs = 0;  // 0: one a processor
  OutputOptions out;
};

// The result to `out`; the reason of a failure to `err`, a line.
ExitStatus run_verify(VerifyOptions const& options, std::ostream& out, std::ostream& err);

}  // namespace btfast::cli
