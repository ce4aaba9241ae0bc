// Hashes all pieces of what lies in a storage, on several threads.
//
// Threads: blocks the caller; the threads it starts are gone when it returns.
// Bound:   four pieces and 1 MiB of buffers a thread, whatever the piece length.
#pragma once

#include <vector>

#include "engine/base/expected.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "storage/storage.h"

namespace btfast {

// The digests in order, or the first failure to read.  `jobs` threads; 0: one a CPU.
Result<std::vector<Sha1Digest>> hash_pieces(storage::Storage& storage,
                                            PieceGeometry const& geometry, unsigned jobs);

}  // namespace btfast
