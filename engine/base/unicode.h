// Enough Unicode for strangers' strings: strict UTF-8, and which characters must not reach
// a file name or a terminal as they are.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace btfast {

// Takes the first code point off `text`; empty where its bytes are not UTF-8 (overlong
// forms, surrogates and truncated sequences are not), and then one byte is taken.
// REQUIRES: text is not empty.
std::optional<char32_t> take_code_point(std::string_view& text) noexcept;
bool is_utf8(std::string_view text) noexcept;
void append_utf8(std::string& out, char32_t code_point);

// C0, DEL, C1, and the line and paragraph separators.
bool is_control(char32_t code_point) noexcept;
// Zero-width characters and those that reorder text: what is shown would not be what is
// there.
bool is_invisible(char32_t code_point) noexcept;

}  // namespace btfast
