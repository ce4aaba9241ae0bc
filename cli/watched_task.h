// A long task that people watch: how far it is stands on the terminal, a record says it now and
// then elsewhere and when SIGUSR1 asks, and Ctrl-C ends it.
//
// Threads: the main thread, which turns a loop of its own meanwhile; the task runs on one more,
//          and counts from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "cli/output_options.h"
#include "engine/base/expected.h"

namespace btfast::cli {

// How far the task is, in bytes.
class TaskMeter {
 public:
  void set_total(std::uint64_t bytes) noexcept { total_.store(bytes, std::memory_order_relaxed); }
  void add(std::uint64_t bytes) noexcept { done_.fetch_add(bytes, std::memory_order_relaxed); }
  // Counts that come out of order: the largest is the latest.
  void reach(std::uint64_t bytes) noexcept;

  std::uint64_t done() const noexcept { return done_.load(std::memory_order_relaxed); }
  std::uint64_t total() const noexcept { return total_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> total_{0};
};

struct WatchedTask {
  std::string event;  // of its records: "verify"
  std::string doing;  // to people: "verifying"
  std::function<void(TaskMeter&, std::stop_token)> work;
};

// Until the work returns.  SIGINT and SIGTERM ask it to stop; the second one exits at once.
Outcome run_watched(WatchedTask const& task, OutputOptions const& options);

}  // namespace btfast::cli
