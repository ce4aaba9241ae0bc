// Progress: shows a transfer while it runs, in the way --progress asks: a panel or a line
// that is rewritten on a terminal, whole records elsewhere, or nothing.
//
// Threads: the control thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/transfer_figures.h"
#include "engine/torrent/torrent.h"
#include "net/event_loop.h"

namespace btfast::cli {

class Progress {
 public:
  Progress(net::EventLoop& loop, Terminal& terminal, OutputOptions const& options,
           Torrent const& torrent, int jobs);

  void start();
  // The last display, then silence.
  void finish();
  // One status record now, whatever the mode (SIGUSR1).
  void report_now();
  // A record of this transfer; shown where records are.
  void record(std::string_view event, std::initializer_list<LogField> fields);
  ProgressMode mode() const noexcept { return mode_; }

 private:
  void tick();
  void show();
  void progress_record();
  void print(std::string_view event, std::initializer_list<LogField> fields);

  net::EventLoop& loop_;
  Terminal& terminal_;
  OutputOptions const options_;
  Torrent const& torrent_;
  int const jobs_;
  ProgressMode const mode_;
  TransferFigures figures_;
  TimePoint const started_;
  TimePoint next_summary_{};
  net::Timer timer_;
};

}  // namespace btfast::cli
