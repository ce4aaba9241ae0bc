// BlockQueue: the one road from network threads to the worker pool.  An item is a
// piece with a run of blocks ready, never a block.
//
// Threads:   each producer owns one Producer; any worker may drain().
// Ownership: an item is a counted reference: the piece's memory lives while queued.
// Bound:     the pieces in flight: an assembly is queued at most once at a time.
// Ordering:  none across producers; per piece the actor rule of piece_assembly.h.  The
//            queue is not sequentially consistent, so its items are counted beside it: a
//            push enqueues and then counts; drain() takes from the count first, and what
//            it was granted is certainly there.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>

#include "engine/base/high_water.h"
#include "engine/pieces/piece_assembly.h"

namespace btfast {

class BlockQueue {
 public:
  // `wake(waiting)` is called after a push that may need a worker more; see
  // verify_pipeline.h for when one is started.
  explicit BlockQueue(std::function<void(std::size_t waiting)> wake);

  class Producer {
   public:
    explicit Producer(BlockQueue& queue);
    // Admits the piece unless a worker already has it (then that worker sees the run).
    void push(AssemblyRef const& assembly);

   private:
    BlockQueue& queue_;
    moodycamel::ProducerToken token_;
  };

  // Moves up to out.size() pieces out and returns how many.
  std::size_t drain(std::span<AssemblyRef> out);
  // Pieces pushed and not drained.  seq_cst, for the handshake of verify_pipeline.h.
  std::size_t waiting() const noexcept;
  HighWater const& most() const noexcept { return most_; }

 private:
  // How many of `wanted` items this caller may, and must, dequeue.
  std::size_t reserve(std::size_t wanted) noexcept;

  moodycamel::ConcurrentQueue<AssemblyRef> queue_;
  std::function<void(std::size_t waiting)> const wake_;
  alignas(64) std::atomic<std::size_t> waiting_{0};
  HighWater most_;
};

}  // namespace btfast
