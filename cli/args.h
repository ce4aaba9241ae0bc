// The command line: flags, BTFAST_* variables and the configuration file, in that order
// of precedence, into option structs.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "cli/bench_command.h"
#include "cli/create_command.h"
#include "cli/dump_command.h"
#include "cli/exit_status.h"
#include "cli/info_command.h"
#include "cli/options.h"
#include "cli/swarm_command.h"
#include "cli/tracker_command.h"
#include "cli/verify_command.h"

namespace btfast::cli {

using Command = std::variant<GetOptions, InfoOptions, CreateOptions, DumpOptions, VerifyOptions,
                             TrackerOptions, SwarmOptions, BenchOptions>;

// Empty when there is nothing to run: help was printed, or what is wrong was; `status`
// says which.
std::optional<Command> parse_command_line(int argc, char const* const* argv, ExitStatus& status);

}  // namespace btfast::cli
