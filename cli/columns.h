// Text measured as a terminal shows it: in columns.  A wide character takes two, a combining
// one none, our own colour sequences none.  What belongs together is never cut apart.
//
// Threads: pure functions.  The locale does not matter: strangers' strings are UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace btfast::cli {

int columns_of(std::string_view text);
// Rows that one line takes on a terminal `width` columns wide that wraps it; at least one.
int rows_of(std::string_view line, int width);
// What stands in the first so many of them.
std::string_view first_rows(std::string_view line, int width, int rows);
// Where its last character begins; its end where it has none.
std::size_t last_character(std::string_view text);

// No wider than `width`; "…" stands for what is left out.
std::string fit_end(std::string_view text, int width);
// The same of a file's name, whose extension is kept.
std::string fit_name(std::string_view name, int width);
// With blanks after it (before it), where it is narrower.
std::string padded(std::string_view text, int width);
std::string padded_left(std::string_view text, int width);

}  // namespace btfast::cli
