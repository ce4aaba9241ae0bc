// TaskDisplay: one long task after the other, shown on standard error: a bar on a terminal, a
// record now and then elsewhere.
//
// Threads:   the thread of its loop; a TaskMeter counts from any.
// Ownership: options, loop and meters outlive it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/output_options.h"
#include "cli/progress_mode.h"
#include "cli/task_panel.h"
#include "cli/terminal.h"
#include "engine/base/log.h"
#include "net/event_loop.h"
#include "net/timer_wheel.h"

namespace btfast::cli {

// How far a task is, in its unit.
class TaskMeter {
 public:
  void set_total(std::uint64_t all) noexcept { total_.store(all, std::memory_order_relaxed); }
  void add(std::uint64_t more) noexcept { done_.fetch_add(more, std::memory_order_relaxed); }
  // Counts that come out of order: the largest is the latest.
  void reach(std::uint64_t done) noexcept;

  std::uint64_t done() const noexcept { return done_.load(std::memory_order_relaxed); }
  std::uint64_t total() const noexcept { return total_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> total_{0};
};

struct TaskWords {
  std::string doing;  // to people: "verifying"
  TaskUnit unit = TaskUnit::kBytes;
  std::vector<LogField> fields = {};  // of its records, before the figures
};

class TaskDisplay {
 public:
  // `event` is that of the records: "verify".
  TaskDisplay(std::string event, OutputOptions const& options, net::EventLoop& loop);
  ~TaskDisplay();
  TaskDisplay(TaskDisplay const&) = delete;
  TaskDisplay& operator=(TaskDisplay const&) = delete;

  // From now on, and as far as `meter` says.
  void begin(TaskWords words, TaskMeter const& meter);
  // The same task, in other words.
  void describe(TaskWords words) { words_ = std::move(words); }
  // A record now, whatever the options.
  void record();
  // Somebody sees or reads it.
  bool is_shown() const noexcept { return mode_ != ProgressMode::kNone; }
  // Where records are shown: a task that begins is worth one.
  bool is_recorded() const noexcept { return cli::is_recorded(mode_); }

 private:
  void tick();
  void look();

  std::string const event_;
  OutputOptions const& options_;
  net::EventLoop& loop_;
  Terminal terminal_;
  ProgressMode const mode_;
  TaskWords words_;
  TaskMeter const* meter_ = nullptr;  // null until the first task
  TaskFigures figures_;
  TimePoint next_record_;
  net::Timer timer_;
};

}  // namespace btfast::cli
