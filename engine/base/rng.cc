#include "engine/base/rng.h"

#include <sys/random.h>

#include <bit>

namespace btfast {
namespace {

// splitmix64: spreads a small seed over the whole state.
std::uint64_t split_mix(std::uint64_t& x) noexcept {
  x += 0x9e3779b97f4a7c15ull;
  std::uint64_t z = x;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

}  // namespace

Rng::Rng(std::uint64_t seed) noexcept : state_{} {
  for (auto& word : state_) word = split_mix(seed);
}

std::uint64_t Rng::next() noexcept {
  std::uint64_t const result = std::rotl(state_[1] * 5, 7) * 9;
  std::uint64_t const t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint32_t Rng::below(std::uint32_t bound) noexcept {
  // Multiply-shift (Lemire); the bias of at most bound/2^32 does not matter here.
  return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
}

bool secure_random(std::span<std::byte> out) noexcept {
  std::size_t done = 0;
  while (done < out.size()) {
    auto const n = ::getrandom(out.data() + done, out.size() - done, 0);
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace btfast
