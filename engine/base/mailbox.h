// Mailbox<T>: messages from any thread to the one that owns the mailbox, and
// WakeGate, the handshake that wakes the owner only when it really sleeps.
//
// Threads:   send() from any thread; drain() on the owner.
// Ordering:  messages of one sender arrive in order, of several in any order.
//            The queue is not sequentially consistent, so sleeping goes through
//            WakeGate: sender and owner meet in read-modify-writes of one atomic.
//            If the sender's comes first, the owner's reads it and its last drain
//            sees the message; if the owner's comes first, the sender sees "asleep"
//            and wakes it.
// Bound:     the sender's: mailboxes carry events whose number is limited at their
//            source (pieces in flight, connections), and control-plane commands.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/tsan.h"

namespace btfast {

// What can be woken: an event loop, or a test.
class Waker {
 public:
  virtual ~Waker() = default;
  // Any thread.  Cheap when the owner is awake.
  virtual void notify() noexcept = 0;
};

class WakeGate {
 public:
  // Sender, after enqueueing: true when the owner must be woken by other means.
  bool must_wake() noexcept { return asleep_.exchange(false, std::memory_order_seq_cst); }

  // Owner: announce sleep, then look at every queue once more, then sleep.
  void about_to_sleep() noexcept { asleep_.exchange(true, std::memory_order_seq_cst); }
  void awake() noexcept { asleep_.exchange(false, std::memory_order_seq_cst); }

 private:
  alignas(64) std::atomic<bool> asleep_{false};
};

template <class T>
class Mailbox {
 public:
  explicit Mailbox(Waker& owner) : owner_(owner) {}
  Mailbox(Mailbox const&) = delete;
  Mailbox& operator=(Mailbox const&) = delete;

  void send(T message) {
    tsan_release(&queue_);
    BTF_CHECK(queue_.enqueue(std::move(message)));
    owner_.notify();
  }

  // Hands every waiting message to `take`; returns how many.
  template <class F>
  std::size_t drain(F&& take) {
    std::size_t drained = 0;
    T message;
    while (queue_.try_dequeue(message)) {
      tsan_acquire(&queue_);
      take(std::move(message));
      ++drained;
    }
    return drained;
  }

 private:
  Waker& owner_;
  moodycamel::ConcurrentQueue<T> queue_;
};

}  // namespace btfast
