#include "engine/base/thread.h"

#include <algorithm>
#include <latch>
#include <memory>
#include <vector>

namespace btfast {
namespace {

using Body = std::function<void()>;

void* run_body(void* owned) noexcept {
  std::unique_ptr<Body> const body{static_cast<Body*>(owned)};
  (*body)();
  return nullptr;
}

}  // namespace

Result<Thread> Thread::start(std::function<void()> body) {
  auto owned = std::make_unique<Body>(std::move(body));
  pthread_t handle{};
  if (int const err = ::pthread_create(&handle, nullptr, run_body, owned.get()); err != 0) {
    return Failure{Errc::kNoResource, err, "cannot start a thread"};
  }
  (void)owned.release();  // the thread's
  return Thread{handle};
}

void Thread::join() noexcept {
  if (auto const handle = std::exchange(handle_, std::nullopt)) ::pthread_join(*handle, nullptr);
}

void Thread::detach() noexcept {
  if (auto const handle = std::exchange(handle_, std::nullopt)) ::pthread_detach(*handle);
}

Outcome run_on_threads(int count, std::function<void(std::size_t number)> const& body) {
  std::latch all_here{1};
  bool begins = false;  // before the latch opens
  std::vector<Thread> threads;
  threads.reserve(static_cast<std::size_t>(std::max(0, count)));
  // However this ends, for want of memory too: those that wait are let go, then joined.
  struct Opening {
    std::latch& latch;
    ~Opening() { latch.count_down(); }
  } const opening{all_here};
  Outcome found = kOk;
  while (found && threads.size() < static_cast<std::size_t>(count)) {
    auto thread = Thread::start([&, number = threads.size()] {
      all_here.wait();
      if (begins) body(number);
    });
    if (thread) {
      threads.push_back(*std::move(thread));
    } else {
      found = thread.error();
    }
  }
  begins = found.has_value();
  return found;
}

Outcome check_room_for_threads(int count) {
  return run_on_threads(count, [](std::size_t) {});
}

}  // namespace btfast
