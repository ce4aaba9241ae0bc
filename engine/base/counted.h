// How many there are of something, in words.
//
// Threads: pure function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace btfast {

// "1 peer", "2 peers".
inline std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}
inline std::string counted_bytes(std::uint64_t count) { return counted(count, "byte", "bytes"); }

}  // namespace btfast
