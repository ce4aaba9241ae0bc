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
#include "engine/metainfo/file_names.h"
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

// LIST is parts between commas, and each is the first of these that it can be:
//   - a file's path as `btfast info` prints it, or its path below the top folder, or its last
//     element; "x/" the same of a folder, which means all below it.  Commas in it are its own.
//   - a number as `btfast info` prints it (1 is the first file; pads have numbers too), a range
//     N-M or N-.  A name that is such a number too is meant by its whole path.
//   - a glob (engine/metainfo/glob.h) for a file, or with a '/' behind it for a folder, by the same
//     three names.  A comma in a glob is "\,".
// "!" before a part takes its files out again: parts count in their order, and a list that
// begins with one that takes out begins with every file.
// `layout` names the files as they are on disk (engine/metainfo/torrent_layout.h).
// kBadArgument names the part that is not understood or that no file answers to.
Result<FileSelection> parse_selection(std::string_view list, Metainfo const& metainfo,
                                      std::span<storage::FileSpec const> layout);
// The same, with the names of that layout.
Result<FileSelection> parse_selection(std::string_view list, Metainfo const& metainfo,
                                      std::span<storage::FileSpec const> layout,
                                      FileNames const& names);

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
