// VerifyPipeline: one torrent's queue of pieces, the verifier behind it, and the rule for
// how many workers serve it.  A first worker is started when none runs, one more when more
// than kMax pieces wait per running worker: lanes fill first, then threads.
//
// Threads:   any.  The destructor waits for the jobs in flight, so not on a worker.
// Ownership: jobs name the pipeline; they are counted, and it outlives them.
// Ordering:  a push counts the piece and then looks at running_; a worker leaves running_
//            and then looks at the count.  Both are seq_cst, so one of them sees the
//            other and no piece is left behind.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "engine/base/executor.h"
#include "engine/pieces/block_queue.h"
#include "engine/pieces/piece_verifier.h"

namespace btfast {

class VerifyPipeline {
 public:
  // All must outlive the pipeline.
  VerifyPipeline(Executor& workers, storage::Storage& storage, PieceGeometry const& geometry,
                 PieceHashes hashes, PieceEvents& events);
  ~VerifyPipeline();
  VerifyPipeline(VerifyPipeline const&) = delete;
  VerifyPipeline& operator=(VerifyPipeline const&) = delete;

  BlockQueue& queue() noexcept { return queue_; }
  VerifyCounters const& counters() const noexcept { return counters_; }

  // From now on pieces are let go unverified; those being written are finished.
  void close() noexcept { closed_.store(true, std::memory_order_release); }
  // Nothing queued and no worker in here.
  bool idle() const noexcept;

 private:
  // Outlives the pipeline in the hands of its last job.
  struct Jobs {
    std::atomic<int> in_flight{0};
  };

  // Takes a place among the running workers, if `waiting` pieces call for one.
  bool try_enter(std::size_t waiting) noexcept;
  void on_push(std::size_t waiting);
  void run() noexcept;

  Executor& workers_;
  int const workers_max_;
  VerifyCounters counters_;
  PieceVerifier verifier_;
  BlockQueue queue_;
  std::shared_ptr<Jobs> const jobs_;
  std::atomic<bool> closed_{false};
  alignas(64) std::atomic<int> running_{0};
};

}  // namespace btfast
