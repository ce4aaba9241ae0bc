// Rng: the seeded random source that is passed in wherever chance decides, so that
// a simulation replays from its seed.  xoshiro256** (Blackman, Vigna); not for
// secrets: ids that a stranger must not guess come from secure_random().
//
// Threads: one owner; give each thread its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace btfast {

class Rng {
 public:
  using result_type = std::uint64_t;  // a UniformRandomBitGenerator, for std::shuffle

  explicit Rng(std::uint64_t seed) noexcept;

  std::uint64_t next() noexcept;
  // Uniform in [0, bound); bound > 0.
  std::uint32_t below(std::uint32_t bound) noexcept;
  bool one_in(std::uint32_t n) noexcept { return below(n) == 0; }

  std::uint64_t operator()() noexcept { return next(); }
  static constexpr std::uint64_t min() noexcept { return 0; }
  static constexpr std::uint64_t max() noexcept { return ~std::uint64_t{0}; }

 private:
  std::uint64_t state_[4];
};

// Fills `out` from the kernel's generator; false when it refuses.
bool secure_random(std::span<std::byte> out) noexcept;

}  // namespace btfast
