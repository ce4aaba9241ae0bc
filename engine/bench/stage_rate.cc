#include "engine/bench/stage_rate.h"

#include <time.h>

#include <array>

namespace btfast::bench {
namespace {

double clock_s(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

double thread_cpu_s() noexcept { return clock_s(CLOCK_THREAD_CPUTIME_ID); }
double process_cpu_s() noexcept { return clock_s(CLOCK_PROCESS_CPUTIME_ID); }

char const* bench_limit_name(BenchLimit limit) noexcept {
  switch (limit) {
    case BenchLimit::kNetwork:
      return "network";
    case BenchLimit::kHash:
      return "hash";
    case BenchLimit::kDisk:
      return "disk";
  }
  return "network";
}

Estimate estimate_download(StageRate const& net, StageRate const& hash, StageRate const& disk,
                           int cpus) noexcept {
  std::array const stages{&net, &hash, &disk};  // in BenchLimit's order
  Estimate slowest{net.bytes_per_s(), BenchLimit::kNetwork, false};
  Estimate hungriest{0, BenchLimit::kNetwork, true};
  double cpu_per_byte = 0;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    auto const limit = static_cast<BenchLimit>(i);
    double const rate = stages[i]->bytes_per_s();
    if (rate < slowest.bytes_per_s) slowest = {rate, limit, false};
    double const cpu = stages[i]->cpu_s_per_byte();
    cpu_per_byte += cpu;
    if (cpu > stages[static_cast<std::size_t>(hungriest.limit)]->cpu_s_per_byte()) {
      hungriest.limit = limit;
    }
  }
  if (cpu_per_byte <= 0) return slowest;
  hungriest.bytes_per_s = cpus / cpu_per_byte;
  return hungriest.bytes_per_s < slowest.bytes_per_s ? hungriest : slowest;
}

}  // namespace btfast::bench
