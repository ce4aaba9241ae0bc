// A fold under which names that some file system takes for one compare equal: case, and
// accents composed or decomposed.
//
// Threads: pure function.
#pragma once

#include <string>
#include <string_view>

namespace btfast::storage {

// `name` decomposed (canonically) and case folded (simply).
std::string fold_name(std::string_view name);

}  // namespace btfast::storage
