// `--announce-only`: what each tracker of a torrent answers, a line each or as JSON.
//
// Threads: the calling thread.
#pragma once

#include "cli/command_output.h"
#include "cli/options.h"
#include "engine/metainfo/metainfo.h"
#include "engine/peers/tracker_probe.h"

namespace btfast::cli {

// A line as each tracker answers, or one JSON object at the end.  kDone when any tracker took us
// in, else kNetwork; kInterrupted after SIGINT or SIGTERM, which end the waiting at once.
// Tiers count from 1.
ExitStatus run_announce(TrackerProbeOptions const& probe, CommandOutput const& output);
ExitStatus run_announce(GetOptions const& options, Metainfo const& metainfo,
                        CommandOutput const& output);

}  // namespace btfast::cli
