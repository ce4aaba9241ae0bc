// Whose the files are that stand where a torrent's are to go.  Ours is what a control file
// vouches for, what holds a block's worth of right bytes (right_run.h), or right bytes and zeros
// and nothing else, or no other wrong ones than a kill leaves (torn_pieces.h), and what holds
// nothing: an empty file, or one of the right length that is one hole, as a start leaves it that
// ended before it wrote.  Everything else is somebody else's and is never written over, unless that
// is insisted on.
//
// Threads: any; between the storage's look() and prepare().  May read files, so it blocks.
// Errors:  kUnsafePath, naming the path.  Links are never written through, hard ones
//          neither, whoever insists.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/expected.h"
#include "engine/base/piece_geometry.h"
#include "engine/torrent/torn_pieces.h"
#include "storage/file_storage.h"

namespace btfast {

// What a control file says of what stands under a file's name.
enum class Vouch : std::uint8_t {
  kNo,
  kIfBlank,  // we were about to make it: it is ours if nothing is in it
  kIfTorn,   // it is ours if no more is wrong in it than a kill leaves
  kYes,      // it is as it was left
};

struct OutputEvidence {
  PieceGeometry geometry;
  Bitfield const& good;               // pieces that are right
  std::vector<Vouch> const& vouched;  // by FileIndex; empty: none
  TornPieces::Kill kill = {};
  bool overwrite = false;        // the person insists
  std::string_view remedy = {};  // said where insisting would help
};

// Refuses where a wanted file is somebody else's; one that is right already is kept as it is.  One
// that is not wanted is disowned instead, and so is one that is ours but would lose what stands
// where a piece reaches into it: what pieces have of it goes elsewhere.
Outcome guard_output(storage::FileStorage& files, OutputEvidence const& evidence);

}  // namespace btfast
