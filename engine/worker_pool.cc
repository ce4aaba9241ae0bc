#include "engine/worker_pool.h"

#include <pthread.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/tsan.h"

#if defined(BTF_TSAN)
#define BTF_NO_TSAN __attribute__((no_sanitize("thread"), noinline))
#else
#define BTF_NO_TSAN
#endif

namespace btfast {
namespace {

// TBB's own limit is one worker less than there are cores, for all arenas together: on two
// cores every pool would share one thread.  A mutex, as pools come and go at start-up only.
class ThreadLimit {
 public:
  void add(int threads) {
    std::lock_guard const lock{mutex_};
    sum_ += threads;
    // The smallest of all live limits counts, so the old one goes first.  One more than
    // the workers: TBB counts a thread that would come in from outside.
    limit_.reset();
    limit_ = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                   static_cast<std::size_t>(sum_) + 1);
  }

 private:
  std::mutex mutex_;
  int sum_ = 0;
  std::unique_ptr<tbb::global_control> limit_;
};

// Never destroyed: TBB's threads may outlive main()'s statics.
ThreadLimit& thread_limit() {
  static ThreadLimit* const limit = new ThreadLimit;
  return *limit;
}

class ThreadNamer final : public tbb::task_scheduler_observer {
 public:
  ThreadNamer(tbb::task_arena& arena, std::string const& name)
      : task_scheduler_observer(arena), name_(name.substr(0, 12)) {
    tsan_release(this);
    observe(true);
  }
  ~ThreadNamer() override {
    observe(false);  // waits for entries under way, in a way the thread sanitizer cannot see
    tsan_acquire(this);
  }

  void on_scheduler_entry(bool) override {
    tsan_acquire(this);
    std::string const name =
        name_ + '-' + std::to_string(tbb::this_task_arena::current_thread_index());
#if defined(__APPLE__)
    pthread_setname_np(name.substr(0, 15).c_str());
#else
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
#endif
    tsan_release(this);
  }

 private:
  std::string const name_;
};

// Idle threads of an arena look for work at length before they sleep (tens of thousands of
// sched_yield() a GiB when pieces come one by one), so a thread that has run out of jobs
// sleeps here for a while before it goes back to the arena.
constexpr std::chrono::milliseconds kLinger{20};

}  // namespace

// Jobs wait here, and TBB brings the threads: a runner takes jobs until there are none.  A
// mutex, held for a few instructions and once a job, because threads sleep on what it guards.
struct WorkerPool::State {
  State(int workers, std::string const& name)
      : concurrency(workers), arena(workers, /*reserved_for_masters=*/0), namer(arena, name) {}

  void run() noexcept;
  Job next_job();

  int const concurrency;
  tbb::task_arena arena;
  ThreadNamer namer;

  std::mutex mutex;
  std::condition_variable job_came;
  std::condition_variable runner_left;
  std::deque<Job> jobs;  // guarded by mutex, as are the rest
  std::size_t sleeping = 0;
  int runners = 0;
  bool closing = false;
};

namespace {

// What TBB copies around.  TBB is not instrumented, so the thread sanitizer cannot see its
// hand-over; it sees this pair, and everything inside run().
template <class State>
struct Trampoline {
  State* state;
  BTF_NO_TSAN void operator()() const {
    tsan_acquire(state);
    state->run();
  }
};

}  // namespace

// Empty when the runner should leave; then it is not counted any more, and must not touch
// the state again.
Executor::Job WorkerPool::State::next_job() {
  std::unique_lock lock{mutex};
  if (jobs.empty() && !closing) {
    ++sleeping;
    job_came.wait_for(lock, kLinger, [this] { return !jobs.empty() || closing; });
    --sleeping;
  }
  if (jobs.empty()) {
    --runners;
    runner_left.notify_all();  // under the lock: the pool may be gone right after
    return {};
  }
  Job job = std::move(jobs.front());
  jobs.pop_front();
  return job;
}

void WorkerPool::State::run() noexcept {
  // What a job owns ends with it, before the next one is looked for.
  while (Job const job = next_job()) job();
}

WorkerPool::WorkerPool(int workers, std::string const& name)
    : state_([&] {
        BTF_CHECK(workers > 0);
        thread_limit().add(workers);
        return std::make_unique<State>(workers, name);
      }()) {}

WorkerPool::~WorkerPool() {
  {
    std::unique_lock lock{state_->mutex};
    state_->closing = true;
    state_->job_came.notify_all();
    state_->runner_left.wait(lock, [this] { return state_->runners == 0; });
  }
  thread_limit().add(-state_->concurrency);
}

void WorkerPool::submit(Job job) {
  bool more_threads = false;
  {
    std::lock_guard const lock{state_->mutex};
    state_->jobs.push_back(std::move(job));
    more_threads = state_->jobs.size() > state_->sleeping && state_->runners < state_->concurrency;
    if (more_threads) ++state_->runners;
    state_->job_came.notify_one();
  }
  if (!more_threads) return;
  tsan_release(state_.get());
  state_->arena.enqueue(Trampoline<State>{state_.get()});
}

int WorkerPool::concurrency() const noexcept { return state_->concurrency; }

}  // namespace btfast
