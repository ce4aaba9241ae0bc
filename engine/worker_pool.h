// WorkerPool: an Executor on threads of its own, a oneTBB arena.  The only user of TBB.
//
// Threads:   submit() from any thread.  The constructor and destructor on the control
//            thread; the destructor waits for every job.
// Ownership: jobs wait here, not in TBB: what the pool has returned from has ended.
// Invariant: TBB's process-wide limit is the sum of all pools, so that each gets the
//            threads it asked for whatever the number of cores.
#pragma once

#include <memory>
#include <string>

#include "engine/base/executor.h"

namespace btfast {

class WorkerPool final : public Executor {
 public:
  // Threads are named "NAME-0", "NAME-1", …; at most 12 characters of the name are used.
  explicit WorkerPool(int workers, std::string const& name = "bt-work");
  ~WorkerPool() override;

  void submit(Job job) override;
  int concurrency() const noexcept override;

 private:
  struct State;
  std::unique_ptr<State> const state_;
};

}  // namespace btfast
