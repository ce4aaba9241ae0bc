#include "engine/bench/hash_bench.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/sha1_evp.h"
#include "engine/base/thread.h"
#include "engine/base/types.h"

namespace btfast::bench {
namespace {

using std::chrono::milliseconds;

// Of each lane: a usual piece, and four of them stay in a second-level cache.
constexpr std::size_t kLaneBytes = 256 * kKiB;

// The step's own thread.
template <class F>
StageRate repeat(TimedStep const& step, std::size_t bytes, F&& once) {
  once();  // warm
  StageRate rate;
  double const cpu = thread_cpu_s();
  Stopwatch const watch;
  do {
    once();
    rate.bytes += bytes;
  } while (!step.over());
  rate.wall_s = watch.seconds();
  rate.cpu_s = thread_cpu_s() - cpu;
  return rate;
}

StageRate run_lanes(std::size_t lanes, TimedStep const& step) {
  std::vector<std::byte> const data(lanes * kLaneBytes, std::byte{0x5a});
  std::array<Sha1, Sha1Lanes::kMax> hashes;
  std::array<Sha1Lanes::Lane, Sha1Lanes::kMax> feed;
  for (std::size_t i = 0; i < lanes; ++i) {
    feed[i] = {&hashes[i], std::span{data}.subspan(i * kLaneBytes, kLaneBytes)};
  }
  auto const used = std::span{feed}.first(lanes);
  return repeat(step, lanes * kLaneBytes, [&] { Sha1Lanes::update(used); });
}

Result<StageRate> run_workers(int workers, TimedStep const& step) {
  std::vector<StageRate> rates(static_cast<std::size_t>(workers));
  auto const ran = run_on_threads(
      workers, [&](std::size_t worker) { rates[worker] = run_lanes(Sha1Lanes::kMax, step); });
  if (!ran) return ran.error();
  StageRate sum;
  for (auto const& rate : rates) {
    sum.bytes += rate.bytes;
    sum.cpu_s += rate.cpu_s;
    sum.wall_s = std::max(sum.wall_s, rate.wall_s);
  }
  return sum;
}

}  // namespace

Result<HashBench> bench_hash(int workers, milliseconds each, Watcher const& watcher) {
  HashBench out;
  out.workers = workers;
  int done = 0;
  auto const next_step = [&] { return TimedStep{watcher, done++ * each, each}; };
  std::vector<std::byte> const data(kLaneBytes, std::byte{0x5a});
  out.openssl = repeat(next_step(), data.size(), [&] { (void)sha1_evp(data); });
  for (std::size_t i = 0; i < out.lanes.size(); ++i) out.lanes[i] = run_lanes(i + 1, next_step());
  auto const all = run_workers(workers, next_step());
  if (!all) return all.error();
  out.all_workers = *all;
  return out;
}

}  // namespace btfast::bench
