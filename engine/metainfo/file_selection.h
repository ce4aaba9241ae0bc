// Which files of a torrent are wanted and in which order, and which pieces that means.
//
// Threads: pure functions over immutable data.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/expected.h"
#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/priority.h"
#include "storage/file_map.h"

namespace btfast {

struct FileSelection {
  std::vector<Priority> files;  // by FileIndex; empty: every file, kNormal
  bool first_last = false;      // the first and the last piece of each wanted file before others

  Priority priority(FileIndex file) const noexcept {
    return files.empty() ? Priority::kNormal : files[file.value];
  }
  bool wants(FileIndex file) const noexcept { return priority(file) != Priority::kSkip; }
  // By FileIndex.
  std::vector<bool> wanted_files(std::size_t file_count) const;
};

// LIST is parts between commas; a part is a number as `btfast info` prints it (1 is the
// first file; pads have numbers too), a range N-M or N-, or a glob (engine/metainfo/glob.h) that is
// the file's name, or its path with or without the top folder.  A comma in a glob is "\,".
// `layout` names the files as they are on disk (engine/metainfo/torrent_layout.h).
// kBadArgument names the part that is not understood or that no file answers to.
Result<FileSelection> parse_selection(std::string_view list, Metainfo const& metainfo,
                                      std::span<storage::FileSpec const> layout);

// What a selection asks of the swarm.
struct WantedPieces {
  std::vector<Priority> priorities;  // by PieceIndex
  Bitfield pieces;                   // those above kSkip
  std::uint64_t bytes = 0;           // of these pieces
};
using WantedPiecesPtr = std::shared_ptr<WantedPieces const>;

// A piece is wanted as much as the most wanted file with a byte in it.  Pads ask for
// nothing: a piece of padding alone is wanted only when every file is.
WantedPieces wanted_pieces(FileSelection const& selection, Metainfo const& metainfo);

}  // namespace btfast
