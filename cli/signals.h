// Signals as events of the control loop (signal handlers only write to a pipe).
//
// INT and TERM are a wish to stop.  Who says it twice within kOneWish means it once: a terminal
// and a parent, or `timeout`, send it to the process and to its group.  After that a further one
// exits at once, 128+n.
//
// Threads:   the control thread.  Make it before other threads start.
// Ownership: one Signals at a time.  Restores the previous handlers when destroyed, unless a wish
//            to stop came: its second half may still follow, and must not kill who is ending.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "engine/base/expected.h"
#include "net/event_loop.h"

namespace btfast::cli {

// What may come at any time must not end a command that has not begun to listen, or never does:
// USR1 and HUP.  Once, at the start of the program.
void ignore_stray_signals();

// Several transfers, one after the other, each with Signals of its own: a wish to stop that comes
// between two of them is kept for the next, and ends the series.
//
// Threads: the control thread.
class SignalSeries {
 public:
  SignalSeries();
  ~SignalSeries();
  SignalSeries(SignalSeries const&) = delete;
  SignalSeries& operator=(SignalSeries const&) = delete;

  static bool stop_wished() noexcept;  // so far
};

class Signals final : public net::EventHandler {
 public:
  struct Handlers {
    std::function<void(int signal)> on_stop;  // INT, TERM: the first of them
    std::function<void()> on_status;          // USR1
    std::function<void()> on_reopen;          // HUP
  };

  static constexpr std::chrono::seconds kOneWish{1};

  // From now on.  kNoResource where the system has no descriptors left.
  static Result<std::unique_ptr<Signals>> listen(net::EventLoop& loop, Handlers handlers);
  ~Signals() override;
  Signals(Signals const&) = delete;
  Signals& operator=(Signals const&) = delete;

  void on_event(net::ReactorEvent const& event) override;

 private:
  explicit Signals(Handlers handlers) : handlers_(std::move(handlers)) {}
  Outcome begin(net::EventLoop& loop);

  Handlers const handlers_;
  bool began_ = false;
  net::Watch watch_;
};

}  // namespace btfast::cli
