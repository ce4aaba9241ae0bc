#include "engine/worker_pool.h"

#include <pthread.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <atomic>
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

struct Counter {
  std::atomic<int> in_flight{0};
};

struct QueuedJob {
  Executor::Job job;
  std::shared_ptr<Counter> counter;

  // Instrumented, unlike the trampoline below.
  static void run(QueuedJob* queued) noexcept {
    std::shared_ptr<Counter> const counter = std::move(queued->counter);
    queued->job();
    delete queued;  // before the count falls: what a job owns ends with it
    counter->in_flight.fetch_sub(1, std::memory_order_release);
    counter->in_flight.notify_all();
  }
};

// What TBB copies around.  TBB is not instrumented, so the thread sanitizer cannot see its
// hand-over; it sees this pair, and everything inside run().
struct Trampoline {
  QueuedJob* queued;
  BTF_NO_TSAN void operator()() const {
    tsan_acquire(queued);
    QueuedJob::run(queued);
  }
};

}  // namespace

struct WorkerPool::State {
  State(int workers, std::string const& name)
      : concurrency(workers), arena(workers, /*reserved_for_masters=*/0), namer(arena, name) {}

  int const concurrency;
  tbb::task_arena arena;
  ThreadNamer namer;
  std::shared_ptr<Counter> const counter = std::make_shared<Counter>();
};

WorkerPool::WorkerPool(int workers, std::string const& name)
    : state_([&] {
        BTF_CHECK(workers > 0);
        thread_limit().add(workers);
        return std::make_unique<State>(workers, name);
      }()) {}

WorkerPool::~WorkerPool() {
  std::atomic<int>& in_flight = state_->counter->in_flight;
  while (int const left = in_flight.load(std::memory_order_acquire)) {
    in_flight.wait(left, std::memory_order_acquire);
  }
  thread_limit().add(-state_->concurrency);
}

void WorkerPool::submit(Job job) {
  state_->counter->in_flight.fetch_add(1, std::memory_order_relaxed);
  auto* const queued = new QueuedJob{std::move(job), state_->counter};
  tsan_release(queued);
  state_->arena.enqueue(Trampoline{queued});
}

int WorkerPool::concurrency() const noexcept { return state_->concurrency; }

}  // namespace btfast
