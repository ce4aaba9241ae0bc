// Signals as events of the control loop (signal handlers only write to a pipe).
//
// Threads:   the control thread.  Make it before other threads start.
// Ownership: restores the previous handlers when destroyed; one at a time.
#pragma once

#include <functional>

#include "engine/base/expected.h"
#include "net/event_loop.h"

namespace btfast::cli {

class Signals final : public net::EventHandler {
 public:
  struct Handlers {
    std::function<void(int signal)> on_stop;  // INT, TERM; the second exits at once, 128+n
    std::function<void()> on_status;          // USR1
    std::function<void()> on_reopen;          // HUP
  };

  Signals(net::EventLoop& loop, Handlers handlers);
  ~Signals() override;
  Signals(Signals const&) = delete;
  Signals& operator=(Signals const&) = delete;

  void on_event(net::ReactorEvent const& event) override;

 private:
  Handlers const handlers_;
  int read_fd_ = -1;
  net::Watch watch_;
};

}  // namespace btfast::cli
