// Pieces that touch a hole.  What we wrote takes space; a file that others cut and our next write
// made long again has a hole where it was cut, and its size and times are as we left them.  A file
// system that stores zeros as holes has them in right pieces, too: so a piece that touches one is
// hashed before it counts, and that is all.  A cut also leaves zeros up to the end of its page, and
// within the last page of a file nothing else: so when a download ends, when few holes are left,
// the pieces of the page before a hole and of a last byte that is zero are hashed too.  A file
// system that tells no holes (FAT, NTFS, much of FUSE) tells nothing of all this.
//
// Threads: any; asks the file system, and reads what is suspected, so both block.
#pragma once

#include <optional>
#include <span>

#include "engine/base/bitfield.h"
#include "engine/base/expected.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "storage/file_storage.h"
#include "storage/storage.h"

namespace btfast {

// Of the files that are ours; those that touch one.
Bitfield hollow_pieces(storage::FileStorage& files, PieceGeometry const& geometry);

// Not in `have`, and one hole from end to end where the torrent has zeros: right as they are, and
// nobody is asked for them.
Bitfield zero_pieces(storage::Storage& storage, PieceGeometry const& geometry,
                     std::span<Sha1Digest const> digests, Bitfield const& have);

// The first of `have` that is wrong in a wanted file, which is named.  Reads through `storage`,
// which may have some of it elsewhere.
std::optional<Failure> find_hollow_loss(storage::FileStorage& files, storage::Storage& storage,
                                        PieceGeometry const& geometry,
                                        std::span<Sha1Digest const> digests, Bitfield const& have);

}  // namespace btfast
