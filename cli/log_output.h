// Where log events go: standard error, through the terminal that the progress display
// shares, formatted as --log-format asks and written by spdlog's thread-safe logger.
#pragma once

#include "cli/notices.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace btfast::cli {

// Installs the sink for the level that -q and -v ask for.  `terminal` and `notices` must outlive
// it.
void install_log(OutputOptions const& options, Terminal& terminal, Notices& notices);
void remove_log();

}  // namespace btfast::cli
