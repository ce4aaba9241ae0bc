// The files of a version 1 info dictionary (BEP 3, 47): `length` or `files`, never both.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
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

Result<FileList> read_files(bencode::Node info);

}  // namespace btfast
