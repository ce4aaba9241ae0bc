// Priority: in which order files and pieces are wanted, and whether at all.
//
// Threads: plain data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace btfast {

// Larger comes first; kUrgent is for single pieces, files do not have it.
enum class Priority : std::uint8_t { kSkip, kLow, kNormal, kHigh, kUrgent };

inline constexpr std::size_t kPriorityCount = 5;
inline constexpr std::array kWantedPriorities{Priority::kUrgent, Priority::kHigh, Priority::kNormal,
                                              Priority::kLow};  // first things first

}  // namespace btfast
