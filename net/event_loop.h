// EventLoop: one thread's turn of readiness, timers, mailboxes and posted tasks.
// The control thread and every net thread run one; the simulator steps them all.
//
// A turn: wait, dispatch events, fire timers, drain mailboxes, run deferred tasks.
//
// Threads:   post(), notify() and stop() from any thread; the rest on the owner,
//            whose role() binds when run() starts.
// Ownership: a Watch holds one registration and ends it when destroyed, before the
//            loop is; an event for a registration that ended in the same turn is
//            dropped, even when its descriptor's number is watched anew.
// Ordering:  a message or stop() sent before the loop announces its sleep is found by
//            the drain that follows; one sent after wakes it (engine/base/mailbox.h).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/mailbox.h"
#include "engine/base/thread_role.h"
#include "net/reactor.h"
#include "net/timer_wheel.h"

namespace btfast::net {

class EventHandler {
 public:
  virtual ~EventHandler() = default;
  virtual void on_event(ReactorEvent const& event) = 0;
};

class EventLoop;

// The right to events of one descriptor.  Does not own the descriptor.
class [[nodiscard]] Watch {
 public:
  Watch() = default;
  Watch(Watch&& other) noexcept;
  Watch& operator=(Watch&& other) noexcept;
  ~Watch();

  bool active() const noexcept { return loop_ != nullptr; }
  // With kEdge, also asks anew: what is ready now is an event of the next wait.
  Status change(Interest interest);
  void reset() noexcept;

 private:
  friend class EventLoop;
  Watch(EventLoop& loop, std::uint32_t slot) noexcept : loop_(&loop), slot_(slot) {}
  EventLoop* loop_ = nullptr;
  std::uint32_t slot_ = 0;
};

class EventLoop final : public Waker {
 public:
  using Task = std::function<void()>;

  EventLoop(Reactor& reactor, Clock const& clock);
  ~EventLoop() override;

  Reactor& reactor() noexcept { return reactor_; }
  TimerWheel& timers() noexcept { return timers_; }
  ThreadRole const& role() const noexcept { return role_; }
  TimePoint now() const noexcept { return timers_.now(); }  // at the start of this turn

  Expected<Watch> watch(int fd, EventHandler& handler, Interest interest, Trigger trigger);

  // Called every turn, before sleeping; drains one mailbox.  Registered for good.
  void add_drain(std::function<std::size_t()> drain);
  // Any thread: runs `task` on the owner.
  void post(Task task);
  // Owner: runs at the end of this turn (flush batches, go on with a long read).
  void defer(Task task);

  void notify() noexcept override;  // Waker

  // Turns until stop(); what was posted before stop() is run.
  void run();
  // One turn; waits at most `max_wait` (negative: for ever) for something to do.  True if
  // anything was done.
  bool run_turn(Duration max_wait);
  // For good: run() returns, now and when called again.
  void stop() noexcept;
  // Nothing is deferred and no timer is due; what mailboxes hold only a turn can tell.
  bool idle() const;

 private:
  friend class Watch;
  struct Registration {
    EventHandler* handler = nullptr;
    int fd = -1;
    std::uint32_t generation = 0;
    Trigger trigger = Trigger::kEdge;
  };

  Status change_watch(std::uint32_t slot, Interest interest) BTF_ON(role_);
  void end_watch(std::uint32_t slot) noexcept BTF_ON(role_);
  std::uint64_t token_of(std::uint32_t slot) const BTF_ON(role_);

  Duration time_to_sleep(Duration max_wait) const BTF_ON(role_);
  std::size_t dispatch(std::span<ReactorEvent const> events) BTF_ON(role_);
  std::size_t drain_all() BTF_ON(role_);
  std::size_t run_posted();
  std::size_t run_deferred() BTF_ON(role_);

  Reactor& reactor_;
  Clock const& clock_;
  ThreadRole role_;
  TimerWheel timers_;
  // Owner only.
  std::vector<Registration> registrations_ BTF_OWNED_BY(role_);
  std::vector<std::uint32_t> free_slots_ BTF_OWNED_BY(role_);
  std::deque<std::function<std::size_t()>> drains_ BTF_OWNED_BY(role_);  // may grow in a drain
  std::vector<Task> deferred_ BTF_OWNED_BY(role_);
  std::vector<Task> running_ BTF_OWNED_BY(role_);  // empty between turns
  std::array<ReactorEvent, 256> events_ BTF_OWNED_BY(role_){};
  // Any thread.
  WakeGate gate_;
  Mailbox<Task> posted_;
  std::atomic<bool> stopping_{false};
};

}  // namespace btfast::net
