// SimExecutor: jobs run one at a time on the caller's thread, in an order that a seed
// decides.  Code that depends on the order of jobs fails for some seed, and the seed
// replays it.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/rng.h"

namespace btfast::test {

class SimExecutor final : public Executor {
 public:
  explicit SimExecutor(std::uint64_t seed, int concurrency = 2)
      : rng_(seed), concurrency_(concurrency) {}
  ~SimExecutor() override { run_all(); }

  void submit(Job job) override { jobs_.push_back(std::move(job)); }
  int concurrency() const noexcept override { return concurrency_; }

  std::size_t waiting() const noexcept { return jobs_.size(); }
  // False when there is none.
  bool run_one();
  // Those that jobs submit as well; returns how many ran.
  std::size_t run_all();

 private:
  Rng rng_;
  int const concurrency_;
  std::vector<Job> jobs_;
};

}  // namespace btfast::test
