// DownloadGoal: which pieces of a torrent are wanted and which are here: when it is done,
// and the figures people and trackers see.
//
// Threads: the control thread.
#pragma once

#include <cstdint>

#include "engine/base/bitfield.h"
#include "engine/metainfo/file_selection.h"
#include "engine/metainfo/metainfo.h"

namespace btfast {

class DownloadGoal {
 public:
  DownloadGoal(MetainfoPtr metainfo, FileSelection const& selection);

  // A verified and written piece; each once.  True for the one that reaches the goal.
  bool on_have(PieceIndex piece);
  void set_selection(FileSelection const& selection);

  bool misses(PieceIndex piece) const noexcept {
    return wanted_->pieces.test(piece.value) && !here_.test(piece.value);
  }
  bool reached() const noexcept { return wanted_here_ == wanted_->pieces.count(); }
  // Every piece is here, wanted or not.
  bool whole() const noexcept { return here_.all(); }
  WantedPiecesPtr const& wanted() const noexcept { return wanted_; }

  std::uint64_t bytes_wanted() const noexcept { return wanted_->bytes; }
  std::uint64_t wanted_bytes_here() const noexcept { return wanted_bytes_here_; }
  std::uint32_t pieces_wanted() const noexcept { return wanted_->pieces.count(); }
  std::uint32_t wanted_pieces_here() const noexcept { return wanted_here_; }
  // Of the whole torrent.
  std::uint64_t bytes_missing() const noexcept;

 private:
  void count(PieceIndex piece) noexcept;

  MetainfoPtr const metainfo_;
  WantedPiecesPtr wanted_;
  Bitfield here_;
  std::uint64_t bytes_here_ = 0;
  std::uint64_t wanted_bytes_here_ = 0;
  std::uint32_t wanted_here_ = 0;
};

}  // namespace btfast
