// SHA-1, four streams at a time where the processor can (SHA-NI), through OpenSSL
// where it cannot.  One stream is bound by the latency of the SHA instructions;
// independent streams interleaved in one thread hide it.
//
// Threads: plain values, one owner each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/types.h"

namespace btfast {

// A running digest.  update() may be called with any sizes.
class Sha1 {
 public:
  Sha1() noexcept;
  void reset() noexcept;
  void update(std::span<std::byte const> data) noexcept;
  Sha1Digest finish() noexcept;

 private:
  friend class Sha1Lanes;
  std::span<std::byte const> top_up(std::span<std::byte const> data) noexcept;

  std::array<std::uint32_t, 5> state_;
  std::uint64_t length_ = 0;             // bytes so far
  std::array<std::byte, 64> partial_{};  // the bytes past the last whole 64-byte block
};

// Feeds up to kMax streams together: fastest when the spans are of similar length.
class Sha1Lanes {
 public:
  static constexpr std::size_t kMax = 4;
  struct Lane {
    Sha1* hash;
    std::span<std::byte const> data;
  };
  static void update(std::span<Lane const> lanes) noexcept;
};

Sha1Digest sha1(std::span<std::byte const> data) noexcept;
// "openssl", "sha-ni x4": what run-time dispatch chose.
std::string_view sha1_backend() noexcept;

std::string to_hex(std::span<std::byte const> bytes);

}  // namespace btfast
