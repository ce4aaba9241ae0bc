// Waits for something that other threads are about to do.  The deadline only turns a hang
// into a failure: no test passes or fails by how long it took.
#pragma once

#include <chrono>
#include <thread>

namespace btfast::test {

template <class Condition>
bool eventually(Condition&& condition) {
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace btfast::test
