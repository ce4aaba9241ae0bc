// `--announce-only`: what each tracker of a torrent answers, a line each or as JSON.
//
// Threads: the calling thread.
#pragma once

#include <iosfwd>

#include "cli/exit_status.h"
#include "cli/options.h"
#include "engine/metainfo/metainfo.h"
#include "engine/peers/tracker_probe.h"

namespace btfast::cli {

// A line as each tracker answers, or one JSON object at the end, to `out`.  kDone when any
// tracker took us in, else kNetwork.
ExitStatus run_announce(TrackerProbeOptions const& probe, bool json, std::ostream& out);
// To standard output, as `btfast get` was asked.
ExitStatus run_announce(GetOptions const& options, Metainfo const& metainfo);

}  // namespace btfast::cli
