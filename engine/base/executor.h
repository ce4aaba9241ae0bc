// Executor: the seam through which jobs reach other threads.  Production runs them
// in a oneTBB arena (worker_pool.h); the simulator runs them one at a time in a
// seeded random order.
//
// Threads: submit() from any thread; the job runs on a thread of the executor.
#pragma once

#include <functional>

namespace btfast {

class Executor {
 public:
  using Job = std::function<void()>;
  virtual ~Executor() = default;
  virtual void submit(Job job) = 0;
  // How many jobs may run at once.
  virtual int concurrency() const noexcept = 0;
};

}  // namespace btfast
