// Whether a download fits on its disk, and by how much it does not.
//
// Threads: any; asks the file system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/partial_storage.h"

namespace btfast::cli {

// Free to us where `dir` is, or will be made.
std::optional<std::uint64_t> free_bytes(std::string const& dir);
// What the wanted files will still take of it; what they hold already they hold.
std::uint64_t bytes_to_take(std::string const& dir, std::vector<storage::FileSpec> const& files,
                            std::vector<bool> const& wanted);
// A warning, where they do not fit: others may yet make room, so it is no failure.
void warn_if_short_of_space(std::string const& dir, std::vector<storage::FileSpec> const& files,
                            std::vector<bool> const& wanted);
// For who ran out of space: "…; 150 MiB are still to come, and 12 KiB are free".
// With nothing missing the disk took all and had no room for it.
std::string short_of_space_text(std::uint64_t bytes_missing, std::string const& dir);

}  // namespace btfast::cli
