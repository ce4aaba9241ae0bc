// What a hybrid torrent (BEP 52) says twice.  We download it as version 1, so its version 2
// half must agree: a torrent that means different files to different clients is refused.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "engine/base/bencode.h"
#include "engine/base/expected.h"
#include "engine/metainfo/metainfo_files.h"

namespace btfast {

enum class MetaVersion : std::uint8_t { kV1, kHybrid };

// Which version `info` is; kUnsupported for one without a version 1 half.  What is no version
// is ignored with a warning.
Result<MetaVersion> meta_version(bencode::Node info, std::vector<std::string>& warnings);

// REQUIRES: meta_version(info) is kHybrid.  File names, lengths, order, piece length and
// piece layers are checked.
Outcome check_hybrid(bencode::Node root, bencode::Node info, FileList const& files);

}  // namespace btfast
