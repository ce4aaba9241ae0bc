// `btfast dump`: the tree of a bencoded file, as it stands.
//
// Threads: the main thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "cli/exit_status.h"
#include "cli/output_options.h"
#include "engine/base/limits.h"

namespace btfast::cli {

struct DumpOptions {
  std::string file;   // a path, or "-"
  bool full = false;  // whole strings, however long
  std::uint64_t bytes_max = limits::kMetainfoBytes;
  OutputOptions out;
};

// With --json its JSON, binary strings as hex, all of them whole.  Else text is quoted and escaped,
// binary shown as its length and hex.
ExitStatus run_dump(DumpOptions const& options, std::ostream& out, std::ostream& err);

}  // namespace btfast::cli
