// EventLoop: one thread's turn of readiness, timers, mailboxes and posted tasks.
// The control thread and every net thread run one; the simulator steps them all.
//
// Threads:   post(), notify() and stop() from any thread; the rest on the owner,
//            whose role() binds when run() starts.
// Ownership: a Watch holds one registration and ends it when destroyed; an event
//            for a registration that ended in the same turn is dropped.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
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

  // Turns until stop().
  void run();
  // One turn; waits at most `max_wait` for something to do.  True if anything was done.
  bool run_turn(Duration max_wait);
  void stop() noexcept;
  // For the simulator: is work waiting that needs no time to pass?
  bool idle() const noexcept;

 private:
  friend class Watch;
  struct Registration {
    EventHandler* handler = nullptr;
    int fd = -1;
    std::uint32_t generation = 0;
    Trigger trigger = Trigger::kEdge;
  };
  void end_watch(std::uint32_t slot) noexcept;
  std::size_t drain_all();
  std::size_t run_deferred();
  void dispatch(ReactorEvent const& event);

  Reactor& reactor_;
  Clock const& clock_;
  ThreadRole role_;
  TimerWheel timers_;
  std::vector<Registration> registrations_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::function<std::size_t()>> drains_;
  std::vector<Task> deferred_;
  std::array<ReactorEvent, 256> events_{};
  WakeGate gate_;
  Mailbox<Task> posted_;
  std::atomic<bool> stopping_{false};
};

}  // namespace btfast::net
