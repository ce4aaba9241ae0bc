#include "engine/pieces/verify_pipeline.h"

namespace btfast {
namespace {

constexpr std::size_t kPiecesPerWorker = Sha1Lanes::kMax;

}  // namespace

VerifyPipeline::VerifyPipeline(Executor& workers, storage::Storage& storage,
                               PieceGeometry const& geometry, PieceHashes hashes,
                               PieceEvents& events)
    : workers_(workers),
      workers_max_(workers.concurrency()),
      verifier_(geometry, hashes, storage, events, counters_),
      queue_([this](std::size_t waiting) { on_push(waiting); }),
      jobs_(std::make_shared<Jobs>()) {}

VerifyPipeline::~VerifyPipeline() {
  close();
  int left = jobs_->in_flight.load(std::memory_order_acquire);
  while (left > 0) {
    jobs_->in_flight.wait(left, std::memory_order_acquire);
    left = jobs_->in_flight.load(std::memory_order_acquire);
  }
}

bool VerifyPipeline::idle() const noexcept {
  return queue_.waiting() == 0 && jobs_->in_flight.load(std::memory_order_acquire) == 0;
}

bool VerifyPipeline::try_enter(std::size_t waiting) noexcept {
  int running = running_.load(std::memory_order_seq_cst);
  while (running == 0 || (running < workers_max_ &&
                          waiting > kPiecesPerWorker * static_cast<std::size_t>(running))) {
    if (running_.compare_exchange_weak(running, running + 1, std::memory_order_seq_cst)) {
      return true;
    }
  }
  return false;
}

void VerifyPipeline::on_push(std::size_t waiting) {
  if (!try_enter(waiting)) return;
  jobs_->in_flight.fetch_add(1, std::memory_order_relaxed);
  workers_.submit([this, jobs = jobs_] {
    run();
    // Release, and by way of our own reference: the pipeline may be gone right after.
    jobs->in_flight.fetch_sub(1, std::memory_order_release);
    jobs->in_flight.notify_all();
  });
}

void VerifyPipeline::run() noexcept {
  for (;;) {
    counters_.busy_workers.fetch_add(1, std::memory_order_relaxed);
    verifier_.drain(queue_, closed_);
    counters_.busy_workers.fetch_sub(1, std::memory_order_relaxed);
    running_.fetch_sub(1, std::memory_order_seq_cst);
    std::size_t const waiting = queue_.waiting();
    if (waiting == 0 || !try_enter(waiting)) return;
  }
}

}  // namespace btfast
