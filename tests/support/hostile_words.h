// What a stranger may say where text is expected.
//
// Threads: pure functions.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace btfast::test {

inline std::vector<std::string> hostile_words() {
  using namespace std::string_literals;
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  return {every_byte,
          "\xff\xfe"s,                        // no UTF-8
          "cut \xe2\x82"s,                    // in the middle of a character
          "\xed\xa0\x80 \xc0\x80"s,           // a surrogate, an overlong NUL
          "NUL \0 and more"s,                 // where C ends
          "\x1b]0;title\x07\x1b[2J"s,         // to a terminal
          "\"}\n{\"status\":\"done\"}\r\n"s,  // a document of its own
          "\xe2\x80\xa8\xe2\x80\xae\x7f"s,    // a line separator, an override, DEL
          "back\\slash \\u0000 \\"s};
}

// But for its end.
inline bool is_one_line_of_ascii(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

}  // namespace btfast::test
