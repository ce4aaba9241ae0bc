// `btfast get`, and `btfast -t FILE`: download a torrent and end with a status that says
// how it went.
#pragma once

#include "cli/exit_status.h"
#include "cli/options.h"

namespace btfast::cli {

ExitStatus run_get(GetOptions const& options);

}  // namespace btfast::cli
