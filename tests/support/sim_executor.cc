#include "tests/support/sim_executor.h"

#include <utility>

namespace btfast::test {

bool SimExecutor::run_one() {
  if (jobs_.empty()) return false;
  std::size_t const chosen = rng_.below(static_cast<std::uint32_t>(jobs_.size()));
  std::swap(jobs_[chosen], jobs_.back());
  Job const job = std::move(jobs_.back());
  jobs_.pop_back();
  job();
  return true;
}

std::size_t SimExecutor::run_all() {
  std::size_t ran = 0;
  while (run_one()) ++ran;
  return ran;
}

}  // namespace btfast::test
