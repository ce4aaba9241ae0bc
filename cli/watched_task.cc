#include "cli/watched_task.h"

#include "cli/signals.h"
#include "engine/base/thread.h"
#include "engine/control_loop.h"

namespace btfast::cli {

Outcome run_watched(WatchedTask const& task, OutputOptions const& options) {
  auto control = ControlLoop::make();
  if (!control) return control.error();
  net::EventLoop& loop = (*control)->loop();
  std::stop_source stop;
  TaskMeter meter;
  TaskDisplay display{task.event, options, loop};
  display.begin(task.words, meter);
  auto const signals = Signals::listen(loop, {.on_stop = [&](int) { stop.request_stop(); },
                                              .on_status = [&] { display.record(); },
                                              .on_reopen = [] {}});
  if (!signals) return signals.error();
  auto const working = Thread::start([&]() noexcept {
    task.work(meter, stop.get_token());
    loop.stop();
  });
  if (!working) return working.error();
  loop.run();
  return kOk;
}

}  // namespace btfast::cli
