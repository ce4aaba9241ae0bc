// The files of a version 1 info dictionary (BEP 3, 47): `files`, or else `length`.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bencode.h"
#include "engine/base/expected.h"
#include "engine/metainfo/metainfo.h"

namespace btfast {

struct FileList {
  bool multi_file = false;
  std::vector<MetainfoFile> files;
  std::uint64_t total_size = 0;  // within limits::kTotalBytes, never 0
};

// What other clients pass over is passed over here, with a warning.
Result<FileList> read_files(bencode::Node info, std::vector<std::string>& warnings);

}  // namespace btfast
