// ControlLoop: an event loop on this machine's reactor and clock, for a command that needs
// one without an Engine.
//
// Threads:   one, which makes it, turns it and destroys it.
// Ownership: outlives what watches or times through loop().
#pragma once

#include <memory>

#include "engine/base/clock.h"
#include "engine/base/expected.h"
#include "net/event_loop.h"
#include "net/reactor.h"

namespace btfast {

class ControlLoop {
 public:
  // kNoResource when the kernel has no descriptor left.
  static Result<std::unique_ptr<ControlLoop>> make();

  net::EventLoop& loop() noexcept { return loop_; }
  TimePoint now() const noexcept { return clock_.now(); }

 private:
  explicit ControlLoop(std::unique_ptr<net::Reactor> reactor)
      : reactor_(std::move(reactor)), loop_(*reactor_, clock_) {}

  SteadyClock clock_;
  std::unique_ptr<net::Reactor> const reactor_;
  net::EventLoop loop_;
};

}  // namespace btfast
