// Shell patterns for the names of files: `*` any characters, `?` one, `[a-z]` one of these,
// `[!a-z]` one of the others, `\` makes the next character plain.  Characters are code
// points, and `/` is one like the others: a folder's pattern covers what is below it.
//
// Threads: pure functions.
#pragma once

#include <string_view>

namespace btfast {

// The whole of `text`.  A `[` that is never closed stands for itself.
bool glob_matches(std::string_view pattern, std::string_view text);
// Whether a `[` of the pattern is never closed.
bool has_open_set(std::string_view pattern);

}  // namespace btfast
