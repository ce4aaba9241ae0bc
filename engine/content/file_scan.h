// Which files a new torrent is made of: one file, or all regular files below a directory.
//
// Threads: pure function of the file system; blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "storage/file_map.h"

namespace btfast {

struct FileScan {
  std::string name;       // of the torrent: the path's last element
  std::string directory;  // what the files' paths are relative to
  bool multi_file = false;
  std::vector<storage::FileSpec> files;  // sorted by the bytes of their paths
  std::vector<std::string> warnings;     // what was passed over, and why
};

// Links, sockets and devices below the directory are passed over; a link as `path` itself
// is followed.  Empty files belong, empty directories do not.
Result<FileScan> scan_files(std::string const& path);

}  // namespace btfast
