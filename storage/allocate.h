// How a file gets its final size: with all its blocks at once, or sparse.
//
// Threads: any.
#pragma once

#include <cstdint>

#include "engine/base/expected.h"
#include "storage/io.h"

namespace btfast::storage {

enum class AllocMode : std::uint8_t {
  kSparse,  // the size only; blocks come as bytes do, and the disk may fill later
  kFull,    // all blocks now: no fragments, and a full disk shows at the start
};

// kFull where the file system has extents, so that reserving writes nothing.
AllocMode default_alloc_mode(int directory);

// Brings a file of `now.size` to `size`, which is not less.  Where kFull is not supported
// the file becomes sparse; when it fails the file is as it was.
Status lay_out(int fd, io::FileInfo const& now, std::uint64_t size, AllocMode mode);

}  // namespace btfast::storage
