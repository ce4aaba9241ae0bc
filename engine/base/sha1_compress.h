// The compression functions behind Sha1: each folds whole 64-byte blocks into the
// state words of 1 to 4 independent streams at once.  sha1.cc picks one at run time.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace btfast::sha1_compress {

inline constexpr std::size_t kBlockBytes = 64;
inline constexpr std::size_t kLanesMax = 4;

struct Stream {
  std::uint32_t* state;   // a, b, c, d, e
  std::byte const* data;  // at least blocks * kBlockBytes
};

// Every stream takes `blocks` blocks; `lanes` is 1 to kLanesMax.
using Function = void (*)(Stream const* streams, std::size_t lanes, std::size_t blocks) noexcept;

void openssl(Stream const* streams, std::size_t lanes, std::size_t blocks) noexcept;

// Null where this processor (or this build) lacks the instructions.
Function sha_ni() noexcept;
Function armv8() noexcept;

}  // namespace btfast::sha1_compress
