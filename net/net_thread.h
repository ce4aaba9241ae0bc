// NetThread: a thread of its own for one Reactor and one EventLoop.
//
// Threads:   start(), stop() and join() from whoever made it; loop() is set up by the
//            maker before start() and belongs to the thread from then until join().
// Ownership: what watches and timers of the loop serve must end before this is
//            destroyed: from a task on the loop, or after join().
// Errors:    start() is kNoResource where the system gives no more threads.
#pragma once

#include <memory>

#include "engine/base/clock.h"
#include "engine/base/expected.h"
#include "engine/base/thread.h"
#include "net/event_loop.h"
#include "net/reactor.h"

namespace btfast::net {

class NetThread {
 public:
  // The thread is called bt-net-<index>.
  NetThread(unsigned index, std::unique_ptr<Reactor> reactor, Clock const& clock);
  ~NetThread();  // stops and joins
  NetThread(NetThread const&) = delete;
  NetThread& operator=(NetThread const&) = delete;

  unsigned index() const noexcept { return index_; }
  EventLoop& loop() noexcept { return loop_; }

  Outcome start();
  // Asks; what was posted before is still run.  For good.
  void stop() noexcept;
  // Waits until the thread has ended; nothing where none was started.
  void join() noexcept;

 private:
  void run() noexcept;

  // Immutable after construction.
  unsigned const index_;
  std::unique_ptr<Reactor> const reactor_;

  EventLoop loop_;
  Thread thread_;
};

}  // namespace btfast::net
