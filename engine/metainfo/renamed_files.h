// Which files have another name on disk than the torrent gives them: names that cannot be
// written, that clash or that are dangerous are mended (storage/path_safety.h, name_choice.h),
// and whoever asked for the torrent is told.
//
// Threads: pure function.
// Bound:   kNamed files are named, the others counted.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/metainfo/metainfo.h"
#include "storage/file_map.h"

namespace btfast {

struct RenamedFile {
  std::string name;  // the torrent's, raw; '/' between elements
  std::string path;  // below the output directory
  bool operator==(RenamedFile const&) const = default;
};

struct RenamedFiles {
  static constexpr std::size_t kNamed = 100;

  std::vector<RenamedFile> named;  // in the torrent's order
  std::size_t count = 0;           // all of them
};

// `files` are the torrent's with the names that they have; `target` is the person's own word for
// the file or top folder, which is no other name.  Only of files that `asked_for` says.
RenamedFiles renamed_files(Metainfo const& metainfo, std::span<storage::FileSpec const> files,
                           std::optional<std::string> const& target,
                           std::function<bool(FileIndex)> const& asked_for);

}  // namespace btfast
