// Reads the torrent that a person named, whole: a file, a pipe, or a descriptor of ours.
//
// Threads: pure functions; blocks.
// Errors:  kBadMetainfo whatever is wrong with it: missing, unreadable, a directory, a device.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/expected.h"

namespace btfast {

// At most `bytes_max`; a larger file is refused without reading it all.  "-", /dev/stdin and
// /dev/fd/N (what a shell makes of `<(curl …)`) are read as they are, to their end.  A FIFO by
// name is given a moment in which somebody writes.
Result<std::vector<std::byte>> read_input_file(std::string const& path, std::size_t bytes_max);

// What messages call it: the path, or "standard input".
std::string input_file_name(std::string const& path);

}  // namespace btfast
