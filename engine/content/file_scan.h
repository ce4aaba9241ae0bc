// Which files a new torrent is made of: one file, or all regular files below a directory; and
// whether they are still what they were.
//
// Threads: pure functions of the file system; block.
// Bound:   limits::kFiles files, limits::kDirectories directories, limits::kPathDepth deep; a
//          folder that a link leads back to is not entered again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "engine/content/file_state.h"
#include "storage/file_map.h"

namespace btfast {

struct ScanOptions {
  // Patterns of what is left out (engine/metainfo/file_pattern.h), by path below the top folder
  // or last element; a folder with all that is in it, one with a '/' behind it only as a folder.
  std::vector<std::string> exclude;
  bool follow_links = false;
  // Where the torrent goes, which cannot be part of itself: a path, or a descriptor's file.
  std::string output;
  std::optional<FileIdentity> output_file;
};

struct FileScan {
  std::string name;       // of the torrent: the path's last element
  std::string directory;  // what `on_disk` is relative to
  bool multi_file = false;
  std::vector<storage::FileSpec> files;    // sorted by the bytes of their paths
  std::vector<storage::FileSpec> on_disk;  // the same files where they lie
  std::vector<FileState> states;           // the same files as they were found
  std::vector<std::string> warnings;       // what was passed over, and why
  std::size_t excluded = 0;                // files and folders that a pattern left out
};

// Links, sockets, FIFOs and devices below the directory are passed over, each by name (the first
// hundred of them); a link as `path` itself is followed.  What cannot be read is a failure.
// Empty files belong, empty directories do not.
Result<FileScan> scan_files(std::string const& path, ScanOptions const& options = {});

// A failure that names the first file that is not as it was found.
Outcome still_as_found(FileScan const& scan);

}  // namespace btfast
