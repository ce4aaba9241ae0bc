// The few colours of what people see on a terminal.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace btfast::cli {

// The terminal's own colours, as its user chose them.
enum class Colour : unsigned char { kBold = 1, kFaint = 2, kRed = 31, kGreen = 32, kYellow = 33 };

inline std::string coloured(bool wanted, Colour colour, std::string_view text) {
  if (!wanted || text.empty()) return std::string{text};
  std::string out = "\x1b[" + std::to_string(static_cast<int>(colour)) + "m";
  return out.append(text).append("\x1b[0m");
}

}  // namespace btfast::cli
