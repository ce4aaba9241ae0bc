#include "cli/tracker_command.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <ostream>

#include "cli/record_format.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "engine/control_loop.h"
#include "engine/peers/local_tracker.h"

namespace btfast::cli {
namespace {

ExitStatus failed(Failure const& failure, std::ostream& err) {
  err << "btfast: " << escaped(failure_text(failure)) << '\n';
  return exit_status_of(failure);
}

std::string summary(LocalTracker const& tracker) {
  auto const stats = tracker.stats();
  LogField const fields[] = {{"torrents", tracker.table().torrent_count()},
                             {"peers", tracker.table().peer_count()},
                             {"announces", stats.announces},
                             {"scrapes", stats.scrapes},
                             {"refused", stats.refused}};
  return format_record(RecordFormat::kLogfmt, std::time(nullptr), LogLevel::kInfo, "tracker",
                       fields);
}

}  // namespace

ExitStatus run_tracker(TrackerOptions const& options, std::ostream& out, std::ostream& err) {
  auto control = ControlLoop::make();
  if (!control) return failed(control.error(), err);
  net::EventLoop& loop = (*control)->loop();
  LocalTrackerOptions setup{.port = options.port, .bind = options.bind, .limits = {}};
  setup.limits.interval = std::chrono::ceil<std::chrono::seconds>(options.interval);
  auto const tracker = LocalTracker::open(loop, setup);
  if (!tracker) return failed(tracker.error(), err);

  Terminal terminal{STDERR_FILENO};
  auto const report = [&] { terminal.line(summary(**tracker)); };
  Signals const signals{
      loop, {.on_stop = [&](int) { loop.stop(); }, .on_status = report, .on_reopen = [] {}}};
  net::Timer tick{loop.timers(), [&] {
                    tick.arm(options.summary_interval);
                    report();
                  }};
  for (auto const& url : (*tracker)->urls()) out << url << '\n';
  out.flush();
  if (!options.quiet) tick.arm(options.summary_interval);
  loop.run();
  if (!options.quiet) report();
  return ExitStatus::kDone;
}

}  // namespace btfast::cli
