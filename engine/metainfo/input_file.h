// Reads a file that a person named, whole, if it is one that can be read so.
//
// Threads: pure functions; blocks.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/expected.h"

namespace btfast {

// A regular file, or standard input for "-", of at most `bytes_max`.  A directory, FIFO or
// device is refused without reading it, a larger file without reading it all.
Result<std::vector<std::byte>> read_input_file(std::string const& path, std::size_t bytes_max);

// What messages call it: the path, or "standard input".
std::string input_file_name(std::string const& path);

}  // namespace btfast
