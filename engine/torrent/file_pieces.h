// Which pieces of a torrent a file lies in.  Threads: any.
#pragma once

#include <cstdint>

#include "engine/base/bitfield.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "storage/file_map.h"

namespace btfast {

// [begin, end); of an empty file none.
struct PieceRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

PieceRange pieces_of(storage::FileMap const& map, FileIndex file, PieceGeometry const& geometry);

// Every piece that the file lies in is in `pieces`; so are those of an empty file.
bool covers(Bitfield const& pieces, PieceRange range);

}  // namespace btfast
