#include "cli/task_display.h"

#include <unistd.h>

#include <chrono>
#include <ctime>
#include <utility>

#include "cli/record_format.h"

namespace btfast::cli {
namespace {

constexpr std::chrono::milliseconds kRefresh{200};

}  // namespace

void TaskMeter::reach(std::uint64_t done) noexcept {
  std::uint64_t before = done_.load(std::memory_order_relaxed);
  while (before < done && !done_.compare_exchange_weak(before, done, std::memory_order_relaxed)) {
  }
}

TaskDisplay::TaskDisplay(std::string event, OutputOptions const& options, net::EventLoop& loop)
    : event_(std::move(event)),
      options_(options),
      loop_(loop),
      terminal_(STDERR_FILENO, options.record_format()),
      mode_(resolved_mode(options, terminal_)),
      next_record_(loop.now() + options.summary_interval),
      timer_(loop.timers(), [this] { tick(); }) {
  if (is_shown()) timer_.arm(kRefresh);
}

TaskDisplay::~TaskDisplay() { terminal_.clear_block(); }

void TaskDisplay::begin(TaskWords words, TaskMeter const& meter) {
  words_ = std::move(words);
  meter_ = &meter;
  figures_ = TaskFigures{};
  look();
}

void TaskDisplay::record() {
  look();
  std::vector<LogField> fields = words_.fields;
  fields.emplace_back("pct", figures_.percent());
  if (words_.unit == TaskUnit::kBytes) {
    fields.emplace_back("done", figures_.done());
    fields.emplace_back("size", figures_.total());
    fields.emplace_back("Bps", static_cast<std::int64_t>(figures_.per_s()));
  }
  fields.emplace_back("eta_s", seconds_of(figures_.eta()));
  terminal_.line(
      format_record(options_.record_format(), std::time(nullptr), LogLevel::kInfo, event_, fields));
}

void TaskDisplay::tick() {
  timer_.arm(kRefresh);
  if (is_rewritten(mode_)) {
    look();
    terminal_.block(
        render_task(words_.doing, figures_, words_.unit, terminal_.width(), terminal_.colour()));
  } else if (loop_.now() >= next_record_) {
    next_record_ += options_.summary_interval;
    record();
  }
}

void TaskDisplay::look() {
  if (meter_ != nullptr) figures_.sample(meter_->done(), meter_->total(), loop_.now());
}

}  // namespace btfast::cli
