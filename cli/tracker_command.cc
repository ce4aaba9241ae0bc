#include "cli/tracker_command.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/bind_address.h"
#include "cli/command_output.h"
#include "cli/record_format.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "engine/control_loop.h"
#include "engine/descriptor_budget.h"
#include "engine/peers/local_tracker.h"

namespace btfast::cli {
namespace {

std::string summary(LocalTracker const& tracker, RecordFormat format) {
  auto const stats = tracker.stats();
  LogField const fields[] = {{"torrents", tracker.table().torrent_count()},
                             {"peers", tracker.table().peer_count()},
                             {"announces", stats.announces},
                             {"scrapes", stats.scrapes},
                             {"refused", stats.refused}};
  return format_record(format, std::time(nullptr), LogLevel::kInfo, "tracker", fields);
}

// Where it listens, before it serves.
void print_urls(std::vector<std::string> const& urls, bool json, std::ostream& out) {
  if (json) {
    out << nlohmann::ordered_json{{"status", "listening"}, {"urls", urls}} << '\n';
  } else {
    for (auto const& url : urls) out << url << '\n';
  }
}

// At the first port of the range that is free.
Result<std::unique_ptr<LocalTracker>> open_first(net::EventLoop& loop, LocalTrackerOptions setup,
                                                 PortRange ports) {
  for (setup.port = ports.first; setup.port < ports.last; ++setup.port) {
    if (auto tracker = LocalTracker::open(loop, setup)) return tracker;
  }
  return LocalTracker::open(loop, setup);
}

}  // namespace

ExitStatus run_tracker(TrackerOptions const& options, std::ostream& out, std::ostream& err) {
  CommandOutput const output{options.out, out, err};
  auto control = ControlLoop::make();
  if (!control) return output.fail(control.error());
  net::EventLoop& loop = (*control)->loop();
  LocalTrackerOptions setup{.bind = options.bind, .limits = {}};
  setup.limits.interval = std::chrono::ceil<std::chrono::seconds>(options.interval);
  auto const tracker = open_first(loop, setup, options.ports);
  if (!tracker) {
    return output.fail(exit_status_of(tracker.error()), listen_failure_text(tracker.error()));
  }

  Terminal terminal{STDERR_FILENO};
  auto const report = [&] { terminal.line(summary(**tracker, options.out.record_format())); };
  auto const signals = Signals::listen(
      loop, {.on_stop = [&](int) { loop.stop(); }, .on_status = report, .on_reopen = [] {}});
  if (!signals) return output.fail(signals.error());
  if (auto const room = check_room_for({.peer = true}); !room) return output.fail(room.error());
  net::Timer tick{loop.timers(), [&] {
                    tick.arm(options.out.summary_interval);
                    report();
                  }};
  print_urls((*tracker)->urls(), options.out.json, out);
  if (auto const told = output.finish(ExitStatus::kDone); told != ExitStatus::kDone) return told;
  bool const records = !options.out.quiet && options.out.progress != ProgressMode::kNone;
  if (records) tick.arm(options.out.summary_interval);
  loop.run();
  if (records) report();
  return ExitStatus::kDone;
}

}  // namespace btfast::cli
