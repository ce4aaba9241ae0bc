// Thread: a thread whose start may fail, as std::thread says with an exception only.
//
// Threads:   one owner; join() and the destructor from another thread than the body's.
// Ownership: the body ends with the thread; what it uses outlives join(), or is its own.
// Errors:    kNoResource, where the system gives no more threads.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include "engine/base/expected.h"

namespace btfast {

class Thread {
 public:
  // Nothing runs.
  Thread() = default;
  // REQUIRES: the body throws nothing.
  static Result<Thread> start(std::function<void()> body);
  ~Thread() { join(); }
  Thread(Thread&& other) noexcept : handle_(std::exchange(other.handle_, std::nullopt)) {}
  Thread& operator=(Thread&& other) noexcept {
    join();
    handle_ = std::exchange(other.handle_, std::nullopt);
    return *this;
  }

  bool joinable() const noexcept { return handle_.has_value(); }
  // Waits until the body has returned; nothing where nothing runs.
  void join() noexcept;
  // The thread goes on alone.
  void detach() noexcept;

 private:
  explicit Thread(pthread_t handle) : handle_(handle) {}
  std::optional<pthread_t> handle_;
};

// The body on so many threads, numbered from 0, until all have returned.  Where the system gives
// too few none begins.
Outcome run_on_threads(int count, std::function<void(std::size_t number)> const& body);

// Whether the system gives us so many threads more, found by having them for a moment: for
// those whose threads are started by a library that cannot say that it failed.
Outcome check_room_for_threads(int count);

}  // namespace btfast
