// The last thing that a transfer says of itself, once: a sentence on a terminal, a record
// elsewhere.
//
// Threads: the main thread.
#pragma once

#include <string>

#include "cli/command_output.h"
#include "cli/output_options.h"
#include "cli/terminal.h"
#include "cli/transfer_result.h"

namespace btfast::cli {

// "Done: dl/big.bin, 200 MiB in 3.6 s, 55 MiB/s"; what was here before, or was sent, is said.
// A seed that was stopped before its goal is not done.
std::string done_text(TransferResult const& result);
void say_done(TransferResult const& result, OutputOptions const& options, Terminal& terminal);
// Why it is not done, whatever the options.
void say_failed(TransferResult const& result, OutputOptions const& options, Terminal& terminal,
                CommandOutput const& output);

}  // namespace btfast::cli
