// What a person writes to mean files of a torrent: a name, or a glob (engine/metainfo/glob.h).
//
// A file answers to three names: its path, its path below the torrent's top folder, and its last
// element.  So does each folder on its way.
//
// Threads: pure functions.
#pragma once

#include <string_view>

namespace btfast {

// Whether one of the three names of `path` is `name`, or matches `glob`.
bool path_is(std::string_view path, std::string_view name) noexcept;
bool path_matches(std::string_view path, std::string_view glob);

// Whether a folder on the way to `path` is `name`, or matches `glob`.
bool lies_in(std::string_view path, std::string_view name) noexcept;
bool lies_in_match(std::string_view path, std::string_view glob);

}  // namespace btfast
