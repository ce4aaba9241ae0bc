// Whether a file that nobody vouches for can only have come from its torrent: it holds a block's
// worth of right bytes in stretches of a page or more, without the pages that hold one value only.
// Less proves nothing: who makes a torrent chooses its pieces, and pieces of a byte, or of zeros,
// are right in many files.
//
// Threads: any; reads the file, so it blocks.
// Bound:   one buffer; stops at the first proof.
#pragma once

#include "engine/base/bitfield.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "storage/file_storage.h"

namespace btfast {

// Of what look() found under the file's name.  False where it cannot be read.
bool holds_right_run(storage::FileStorage& files, FileIndex file, PieceGeometry const& geometry,
                     Bitfield const& good);

}  // namespace btfast
