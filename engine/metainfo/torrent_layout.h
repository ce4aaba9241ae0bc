// From a torrent's own file names to the files we make: safe, relative, one a file, in the
// torrent's order and with its indices.  These are the names that a download gets on a file
// system that holds them; what stands on disk under another of a file's names is found there
// (storage/name_search.h).
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "engine/metainfo/metainfo.h"
#include "storage/file_map.h"

namespace btfast {

// Pad files and symbolic links: nothing is made of them.
inline bool is_never_made(MetainfoFile const& file) noexcept { return file.pad || file.symlink; }

// `target_name` replaces the file's name, or the top folder's.  What is never made keeps
// its index, as a pad.  kBadMetainfo where no safe name exists, kBadArgument for a target that is
// not one plain name.
Result<std::vector<storage::FileSpec>> torrent_layout(
    Metainfo const& metainfo, std::optional<std::string> const& target_name = std::nullopt);

// The name on disk of the file or top folder.
Result<std::string> torrent_top_name(Metainfo const& metainfo,
                                     std::optional<std::string> const& target_name = std::nullopt);

}  // namespace btfast
