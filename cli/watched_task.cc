#include "cli/watched_task.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "cli/progress_mode.h"
#include "cli/record_format.h"
#include "cli/signals.h"
#include "cli/task_panel.h"
#include "cli/terminal.h"
#include "engine/base/thread.h"
#include "engine/control_loop.h"

namespace btfast::cli {
namespace {

constexpr std::chrono::milliseconds kRefresh{200};

class TaskDisplay {
 public:
  TaskDisplay(WatchedTask const& task, OutputOptions const& options, TaskMeter const& meter,
              net::EventLoop& loop)
      : task_(task),
        options_(options),
        meter_(meter),
        loop_(loop),
        mode_(resolved_mode(options, terminal_)),
        next_record_(loop.now() + options.summary_interval),
        timer_(loop.timers(), [this] { tick(); }) {
    look();
    if (mode_ != ProgressMode::kNone) timer_.arm(kRefresh);
  }
  ~TaskDisplay() { terminal_.clear_block(); }
  TaskDisplay(TaskDisplay const&) = delete;
  TaskDisplay& operator=(TaskDisplay const&) = delete;

  void record() {
    look();
    LogField const fields[] = {{"pct", figures_.percent()},
                               {"done", figures_.done()},
                               {"size", figures_.total()},
                               {"Bps", static_cast<std::int64_t>(figures_.bytes_per_s())},
                               {"eta_s", seconds_of(figures_.eta())}};
    terminal_.line(format_record(options_.record_format(), std::time(nullptr), LogLevel::kInfo,
                                 task_.event, fields));
  }

 private:
  void tick() {
    timer_.arm(kRefresh);
    if (is_rewritten(mode_)) {
      look();
      terminal_.block(render_task(task_.doing, figures_, terminal_.width(), terminal_.colour()));
    } else if (loop_.now() >= next_record_) {
      next_record_ += options_.summary_interval;
      record();
    }
  }
  void look() { figures_.sample(meter_.done(), meter_.total(), loop_.now()); }

  WatchedTask const& task_;
  OutputOptions const& options_;
  TaskMeter const& meter_;
  net::EventLoop& loop_;
  Terminal terminal_{STDERR_FILENO, options_.record_format()};
  ProgressMode const mode_;
  TaskFigures figures_;
  TimePoint next_record_;
  net::Timer timer_;
};

}  // namespace

void TaskMeter::reach(std::uint64_t bytes) noexcept {
  std::uint64_t before = done_.load(std::memory_order_relaxed);
  while (before < bytes && !done_.compare_exchange_weak(before, bytes, std::memory_order_relaxed)) {
  }
}

Outcome run_watched(WatchedTask const& task, OutputOptions const& options) {
  auto control = ControlLoop::make();
  if (!control) return control.error();
  net::EventLoop& loop = (*control)->loop();
  std::stop_source stop;
  TaskMeter meter;
  TaskDisplay display{task, options, meter, loop};
  Signals const signals{loop,
                        {.on_stop = [&](int) { stop.request_stop(); },
                         .on_status = [&] { display.record(); },
                         .on_reopen = [] {}}};
  auto const working = Thread::start([&]() noexcept {
    task.work(meter, stop.get_token());
    loop.stop();
  });
  if (!working) return working.error();
  loop.run();
  return kOk;
}

}  // namespace btfast::cli
