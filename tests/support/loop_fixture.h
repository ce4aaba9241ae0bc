// LoopFixture: an event loop on real sockets and the real clock, turned by the test until
// what it waits for has happened; bounded, so that a fault is a failure and not a hang.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>

#include "engine/base/clock.h"
#include "net/event_loop.h"
#include "net/reactor_factory.h"

namespace btfast::test {

class LoopFixture : public ::testing::Test {
 protected:
  // Turns until `done()`; false after `most`.
  template <class F>
  bool run_until(F&& done, std::chrono::seconds most = std::chrono::seconds{20}) {
    auto const end = clock_.now() + most;
    while (!done()) {
      if (clock_.now() > end) return false;
      loop_.run_turn(std::chrono::milliseconds{20});
    }
    return true;
  }

  // For whatever an asynchronous call hands to its callback.
  template <class T>
  class Answer {
   public:
    auto sink() {
      return [this](T value) {
        value_.emplace(std::move(value));
        ++count_;
      };
    }
    bool here() const { return value_.has_value(); }
    int count() const { return count_; }
    T& operator*() { return *value_; }
    T* operator->() { return &*value_; }

   private:
    std::optional<T> value_;
    int count_ = 0;
  };

  SteadyClock clock_;
  std::unique_ptr<net::Reactor> reactor_ = *net::make_reactor();
  net::EventLoop loop_{*reactor_, clock_};
};

}  // namespace btfast::test
