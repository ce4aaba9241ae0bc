// Rendezvous: brings threads to the same instruction at the same moment, many times.  A
// race that free-running threads meet once in a thousand runs is met in every round.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace btfast::test {

class Rendezvous {
 public:
  explicit Rendezvous(std::uint32_t threads) : threads_(threads) {}

  // Returns when all threads have called it for this round (0, 1, 2, …).
  void meet(std::uint32_t round) {
    arrivals_.fetch_add(1);
    for (std::uint32_t spins = 0; arrivals_.load() < std::uint64_t{threads_} * (round + 1);) {
      if (++spins % 4096 == 0) std::this_thread::yield();  // fewer cores than threads
    }
  }

 private:
  std::uint32_t const threads_;
  std::atomic<std::uint64_t> arrivals_{0};
};

}  // namespace btfast::test
