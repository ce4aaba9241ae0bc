// Hashes all pieces of what lies in a storage, on several threads.
//
// Threads: blocks the caller; the threads it starts are gone when it returns.
// Bound:   four pieces and 1 MiB of buffers a thread, whatever the piece length.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "storage/storage.h"

namespace btfast {

struct HashWatch {
  std::function<void(std::uint64_t bytes)> hashed;  // so many more; on any hashing thread
  std::stop_token stop;
};

// The digests in order, or the first failure to read; kCancelled once `stop` was requested.
// `jobs` threads; 0: one a CPU.
Result<std::vector<Sha1Digest>> hash_pieces(storage::Storage& storage,
                                            PieceGeometry const& geometry, unsigned jobs,
                                            HashWatch const& watch = {});

}  // namespace btfast
