// Enough Unicode for file names: strict UTF-8, and a fold under which names that some file
// system takes for one compare equal (case, composed or decomposed accents).
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace btfast::storage {

// Takes the first code point off `text`; empty where its bytes are not UTF-8 (overlong
// forms, surrogates and truncated sequences are not), and then one byte is taken.
// REQUIRES: text is not empty.
std::optional<char32_t> take_code_point(std::string_view& text) noexcept;
void append_utf8(std::string& out, char32_t code_point);

// `name` decomposed (canonically) and case folded (simply).
std::string fold_name(std::string_view name);

}  // namespace btfast::storage
