// A long task that people watch: how far it is stands on the terminal, a record says it now and
// then elsewhere and when SIGUSR1 asks, and Ctrl-C ends it.
//
// Threads: the main thread, which turns a loop of its own meanwhile; the task runs on one more,
//          and counts from any.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "cli/output_options.h"
#include "cli/task_display.h"
#include "engine/base/expected.h"

namespace btfast::cli {

struct WatchedTask {
  std::string event;  // of its records: "verify"
  TaskWords words;
  std::function<void(TaskMeter&, std::stop_token)> work;
};

// Until the work returns.  SIGINT and SIGTERM ask it to stop; the second one exits at once.
Outcome run_watched(WatchedTask const& task, OutputOptions const& options);

}  // namespace btfast::cli
