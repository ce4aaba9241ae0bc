// Rendezvous: brings threads to the same instruction at the same moment, many times.  A
// race that free-running threads meet once in a thousand runs is met in every run.  Who waits
// long goes to sleep: on a busy machine it would keep the very core that the other needs.
#pragma once

#include <atomic>
#include <cstdint>

namespace btfast::test {

class Rendezvous {
 public:
  explicit Rendezvous(std::uint32_t threads) : threads_(threads) {}

  // Returns when all threads have called it for this round (0, 1, 2, …).
  void meet(std::uint32_t round) {
    std::uint32_t const all = threads_ * (round + 1);
    bool const last = arrivals_.fetch_add(1) + 1 == all;
    if (last) arrivals_.notify_all();
    std::uint32_t spins = 0;
    for (auto here = arrivals_.load(); here < all; here = arrivals_.load()) {
      if (++spins % kSpins == 0) arrivals_.wait(here);
    }
    // The last to come knows first, by the time a cache line travels.  It waits a little,
    // another while each round, so that every distance between the threads occurs.
    for (std::uint32_t i = last ? round % 256 : 0; i > 0; --i) arrivals_.load();
  }

 private:
  static constexpr std::uint32_t kSpins = 4096;

  std::uint32_t const threads_;
  std::atomic<std::uint32_t> arrivals_{0};
};

}  // namespace btfast::test
