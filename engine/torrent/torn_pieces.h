// TornPieces: whether what is wrong in a torrent's files is no more than a kill leaves.  A process
// that is killed leaves a few pieces half written: one for each of its workers, or, where pieces
// are so large that they are written in parts (piece_memory.h), all that were under way.  A part
// of such a piece is blank still: pages of a file, or what another of its files has of it.
// Everything else is right or blank.
//
// Threads:   one owner; reads files, so it blocks.
// Ownership: all that it is given must outlive it.
// Bound:     one buffer; stops reading at the first byte that no kill leaves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "storage/file_storage.h"

namespace btfast {

class TornPieces {
 public:
  struct Kill {
    Bitfield claimed;                // were right before it
    std::uint32_t half_written = 0;  // pieces, at most
  };

  TornPieces(storage::FileStorage& files, PieceGeometry const& geometry, Bitfield const& good,
             Kill const& kill);

  // Of a file of its full size.  What a file had counts for the files asked about after it.
  bool explain(FileIndex file);
  // Nothing is in it but zeros, whatever its size.
  bool is_blank(FileIndex file);
  // Of the torrent.  What cannot be read is not.
  bool is_blank(std::uint64_t begin, std::uint64_t end);

 private:
  bool is_torn(std::uint32_t piece, FileIndex file, std::uint64_t begin, std::uint64_t end);
  bool lacks_some_of(std::uint32_t piece, FileIndex file);
  bool has_blank_page(FileIndex file, std::uint64_t begin, std::uint64_t end);

  storage::FileStorage& files_;
  PieceGeometry const geometry_;
  Bitfield const& good_;
  Kill const& kill_;
  std::unordered_set<std::uint32_t> torn_;
  std::vector<std::byte> buffer_;
};

}  // namespace btfast
