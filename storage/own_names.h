// The names of the files that we make beside a torrent's output.  A torrent that could bring a
// file of such a name would tell the next download what its own control file should have.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace btfast::storage {

inline constexpr std::string_view kControlSuffix = ".btfast";
inline constexpr std::string_view kPartSuffix = ".btfast-part";
inline constexpr std::string_view kReplacementSuffix = ".new";

// Whether any file system may take the name for one of ours.
bool is_like_own_name(std::string_view name);

// What a torrent calls its file or its top folder, so that it is none of ours; `name` is safe.
std::string unlike_own_name(std::string name);

}  // namespace btfast::storage
