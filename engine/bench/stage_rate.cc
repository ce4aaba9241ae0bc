#include "engine/bench/stage_rate.h"

#include <time.h>

#include <algorithm>
#include <array>

namespace btfast::bench {
namespace {

// Of the processors' time: with as much in use no stage waits for another for long.
constexpr double kBusy = 0.75;

double clock_s(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

double thread_cpu_s() noexcept { return clock_s(CLOCK_THREAD_CPUTIME_ID); }
double process_cpu_s() noexcept { return clock_s(CLOCK_PROCESS_CPUTIME_ID); }

bool TimedStep::over() const {
  auto const gone =
      std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(watch_.seconds()));
  if (watcher_.on_time) watcher_.on_time(before_ + std::min(gone, each_));
  return gone >= each_ || watcher_.stop.stop_requested();
}

char const* bench_limit_name(BenchLimit limit) noexcept {
  switch (limit) {
    case BenchLimit::kNetwork:
      return "net";
    case BenchLimit::kHash:
      return "hash";
    case BenchLimit::kDisk:
      return "disk";
  }
  return "net";
}

Verdict judge(Stages const& stages, StageRate const& whole, int cpus) noexcept {
  std::array const all{&stages.net, &stages.hash, &stages.disk};  // in BenchLimit's order
  auto const slower = [](StageRate const* a, StageRate const* b) {
    return a->bytes_per_s() < b->bytes_per_s();
  };
  auto const thriftier = [](StageRate const* a, StageRate const* b) {
    return a->cpu_s_per_byte() < b->cpu_s_per_byte();
  };
  bool const cpu_bound = whole.cpu_s > kBusy * cpus * whole.wall_s;
  auto const limit = cpu_bound ? std::max_element(all.begin(), all.end(), thriftier)
                               : std::min_element(all.begin(), all.end(), slower);
  return {static_cast<BenchLimit>(limit - all.begin()), cpu_bound};
}

}  // namespace btfast::bench
