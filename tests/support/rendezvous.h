// Rendezvous: brings threads to the same instruction at the same moment, many times.  A
// race that free-running threads meet once in a thousand runs is met in every run.
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
    std::uint64_t const all = std::uint64_t{threads_} * (round + 1);
    bool const last = arrivals_.fetch_add(1) + 1 == all;
    for (std::uint32_t spins = 0; arrivals_.load() < all;) {
      if (++spins % 4096 == 0) std::this_thread::yield();  // fewer cores than threads
    }
    // The last to come knows first, by the time a cache line travels.  It waits a little,
    // another while each round, so that every distance between the threads occurs.
    for (std::uint32_t i = last ? round % 256 : 0; i > 0; --i) arrivals_.load();
  }

 private:
  std::uint32_t const threads_;
  std::atomic<std::uint64_t> arrivals_{0};
};

}  // namespace btfast::test
