// `btfast tracker`: a small HTTP and UDP tracker for closed networks, until a signal.
//
// Threads: the main thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>

#include "cli/arg_values.h"
#include "cli/exit_status.h"
#include "cli/output_options.h"
#include "net/endpoint.h"

namespace btfast::cli {

struct TrackerOptions {
  PortRange ports{6969, 6969};  // of both protocols, the first free one; 0: any
  net::Endpoint bind;
  std::chrono::milliseconds interval{120'000};
  OutputOptions out{.summary_interval = std::chrono::seconds{60}};
};

// The URLs it listens on go to `out`, a line each, before it serves; records of what it does
// to standard error.  kDone after SIGINT or SIGTERM, kNetwork when it cannot listen.
ExitStatus run_tracker(TrackerOptions const& options, std::ostream& out, std::ostream& err);

}  // namespace btfast::cli
