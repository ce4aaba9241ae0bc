#include "engine/torrent/file_pieces.h"

namespace btfast {

PieceRange pieces_of(storage::FileMap const& map, FileIndex file, PieceGeometry const& geometry) {
  std::uint64_t const length = map.file(file).length;
  if (length == 0) return {};
  std::uint64_t const begin = map.file_offset(file);
  return {geometry.piece_at(begin).value, geometry.piece_at(begin + length - 1).value + 1};
}

bool covers(Bitfield const& pieces, PieceRange range) {
  for (std::uint32_t p = range.begin; p < range.end; ++p) {
    if (!pieces.test(p)) return false;
  }
  return true;
}

}  // namespace btfast
