// How btfast named a torrent's files before names were kept as they are (version 1 of the
// rule): control and invisible characters, backslashes and bytes that are not UTF-8 were
// mended, names cut to 240 bytes, names that differ in case only told apart by numbers.
// Nothing is named so any more; what was is found again.
//
// Threads: pure function.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace btfast::storage {

inline constexpr std::size_t kFormerElementBytes = 240;

// One element of a path: valid UTF-8, 1 to kFormerElementBytes bytes.
std::string former_element(std::string_view raw);

}  // namespace btfast::storage
