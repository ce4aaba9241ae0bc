#include "engine/pieces/block_queue.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/tsan.h"

namespace btfast {

BlockQueue::BlockQueue(std::function<void(std::size_t)> wake) : wake_(std::move(wake)) {}

BlockQueue::Producer::Producer(BlockQueue& queue) : queue_(queue), token_(queue.queue_) {}

void BlockQueue::Producer::push(AssemblyRef const& assembly) {
  if (!assembly->admit()) return;
  tsan_release(&*assembly);
  BTF_CHECK(queue_.queue_.enqueue(token_, assembly));
  std::size_t const waiting = queue_.waiting_.fetch_add(1, std::memory_order_seq_cst) + 1;
  queue_.most_.note(waiting);
  queue_.wake_(waiting);
}

std::size_t BlockQueue::drain(std::span<AssemblyRef> out) {
  std::size_t const granted = reserve(out.size());
  std::size_t taken = 0;
  // What was counted was enqueued before; only a dequeue that collides with another can
  // come back short.
  while (taken < granted) {
    taken +=
        queue_.try_dequeue_bulk(out.begin() + static_cast<std::ptrdiff_t>(taken), granted - taken);
  }
  for (AssemblyRef const& assembly : out.first(taken)) tsan_acquire(&*assembly);
  return taken;
}

std::size_t BlockQueue::reserve(std::size_t wanted) noexcept {
  std::size_t waiting = waiting_.load(std::memory_order_relaxed);
  for (;;) {
    std::size_t const granted = std::min(waiting, wanted);
    if (granted == 0) return 0;
    if (waiting_.compare_exchange_weak(waiting, waiting - granted, std::memory_order_seq_cst,
                                       std::memory_order_relaxed)) {
      return granted;
    }
  }
}

std::size_t BlockQueue::waiting() const noexcept {
  return waiting_.load(std::memory_order_seq_cst);
}

}  // namespace btfast
