// StageRate: how many bytes one stage of a download took in how much time, and the clocks
// that tell.  The folder's measurements stand in the library, for `btfast bench` and the
// micro benches of perf/ share them.
//
// Threads: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>

namespace btfast::bench {

struct StageRate {
  std::uint64_t bytes = 0;
  double wall_s = 0;
  double cpu_s = 0;  // of all threads of the stage

  double bytes_per_s() const noexcept {
    return wall_s > 0 ? static_cast<double>(bytes) / wall_s : 0;
  }
  double cpu_s_per_byte() const noexcept {
    return bytes > 0 ? cpu_s / static_cast<double>(bytes) : 0;
  }
};

// CPU time of the calling thread, of the whole process.
double thread_cpu_s() noexcept;
double process_cpu_s() noexcept;

// Wall time since it was made.
class Stopwatch {
 public:
  using Clock = std::chrono::steady_clock;
  double seconds() const noexcept {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }
  bool past(std::chrono::milliseconds limit) const noexcept {
    return Clock::now() - start_ >= limit;
  }

 private:
  Clock::time_point const start_ = Clock::now();
};

// Who watches a measurement: hears how much of its time is over, from any of its threads, and may
// end it early.
struct Watcher {
  std::function<void(std::chrono::milliseconds)> on_time = {};
  std::stop_token stop = {};
};

// One step of a measurement, which lasts `each` from when it is made, after steps that took
// `before` together.
class TimedStep {
 public:
  using milliseconds = std::chrono::milliseconds;
  TimedStep(Watcher const& watcher, milliseconds before, milliseconds each)
      : watcher_(watcher), before_(before), each_(each) {}

  double seconds() const noexcept { return watch_.seconds(); }
  // Tells how far it is.  True also when it is to end early.
  bool over() const;

 private:
  Watcher const& watcher_;
  milliseconds const before_;
  milliseconds const each_;
  Stopwatch const watch_;
};

// What limits a whole download, from what its stages can do: the slowest stage; or, where the
// whole one kept the processors busy, the stage that needs most of them.
enum class BenchLimit : std::uint8_t { kNetwork, kHash, kDisk };
// As a download's records have it.
char const* bench_limit_name(BenchLimit limit) noexcept;

struct Verdict {
  BenchLimit limit = BenchLimit::kNetwork;
  bool cpu_bound = false;
};
struct Stages {
  StageRate net;
  StageRate hash;
  StageRate disk;
};
// `whole`: the download, its cpu_s that of everyone who had a part in it on `cpus` processors.
Verdict judge(Stages const& stages, StageRate const& whole, int cpus) noexcept;

}  // namespace btfast::bench
