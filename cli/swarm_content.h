// What the seeds of a local swarm share: a file of random bytes, the same every time.
//
// Threads: any; blocks.
// Errors:  a Failure names the path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "engine/base/expected.h"

namespace btfast::cli {

// Makes the file and its directory.  Asks `go_on` after each part, with how many bytes it was;
// false ends it: kCancelled.
Outcome write_random_file(std::filesystem::path const& path, std::uint64_t bytes,
                          std::function<bool(std::uint64_t)> const& go_on);

// The same content under another name, in a directory that is made: a link where the file system
// has them, else a copy.
Outcome share_file(std::filesystem::path const& from, std::filesystem::path const& to);

}  // namespace btfast::cli
