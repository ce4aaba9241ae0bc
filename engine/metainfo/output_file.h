// Writes a small file whole or not at all.
//
// Threads: pure function of the file system; blocks.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/expected.h"

namespace btfast {

enum class IfExists { kRefuse, kReplace };

// NAME.torrent; a name too long for that is cut and marked.
std::string torrent_file_name(std::string_view name);

// Whether what stands there is a torrent, be it a bad one, or an empty file: another torrent may
// take its place.  Nothing else is ours to replace.
bool may_be_torrent(std::string const& path);

// Under a temporary name beside it, synced, then renamed: `path` is never half a file.
Outcome write_output_file(std::string const& path, std::span<std::byte const> bytes,
                          IfExists if_exists);

}  // namespace btfast
