// Bytes computed from their offset in the torrent, so that any misplaced byte shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace btfast::test {

inline std::byte pattern_at(std::uint64_t offset) noexcept {
  std::uint64_t x = (offset / 8 + 1) * 0x9E3779B97F4A7C15ull;
  x ^= x >> 29;
  x *= 0xBF58476D1CE4E5B9ull;
  return static_cast<std::byte>(x >> (offset % 8 * 8));
}

inline std::vector<std::byte> pattern(std::uint64_t offset, std::uint64_t length) {
  std::vector<std::byte> out(static_cast<std::size_t>(length));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = pattern_at(offset + i);
  return out;
}

}  // namespace btfast::test
