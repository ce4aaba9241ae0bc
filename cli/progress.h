// Progress: shows a transfer while it runs, in the way --progress asks: a panel or a line
// that is rewritten on a terminal, whole records elsewhere, or nothing.
//
// Threads: the control thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "cli/notices.h"
#include "cli/options.h"
#include "cli/panel.h"
#include "cli/seeding_panel.h"
#include "cli/task_panel.h"
#include "cli/terminal.h"
#include "cli/transfer_figures.h"
#include "engine/torrent/torrent.h"
#include "net/event_loop.h"

namespace btfast::cli {

class Progress {
 public:
  Progress(net::EventLoop& loop, Terminal& terminal, OutputOptions const& options,
           Torrent const& torrent, int jobs, Notices& notices);

  // The user's own; 0: none.
  void set_rate_limits(std::uint64_t down, std::uint64_t up) noexcept {
    figures_.set_rate_limits(down, up);
  }
  void start();
  // From now on the torrent is only given, to where these goals are reached.
  void begin_seeding(SeedOptions const& goals, std::uint16_t port);
  // The last display, then silence.
  void finish();
  // One status record now, whatever the mode (SIGUSR1).
  void report_now();

 private:
  void tick();
  void look();
  void show();
  std::string checking_text(PanelContext const& context);
  std::string transfer_text(PanelContext const& context) const;
  std::string ended_text(PanelContext const& context) const;
  PanelContext context() const;
  SeedingView seeding_view() const;
  void progress_record();
  void checking_record();
  void tell_notice();
  void record(std::string_view event, std::initializer_list<LogField> fields);
  void print(std::string_view event, std::span<LogField const> fields);

  net::EventLoop& loop_;
  Terminal& terminal_;
  OutputOptions const options_;
  Torrent const& torrent_;
  int const jobs_;
  ProgressMode const mode_;
  Notices& notices_;
  std::string notice_told_;
  TransferFigures figures_;
  TaskFigures checking_;
  std::optional<SeedingView> seeding_;
  TimePoint seeding_since_{};
  TimePoint const started_;
  TimePoint next_summary_{};
  net::Timer timer_;
};

}  // namespace btfast::cli
