#include "engine/torrent/download_goal.h"

#include <memory>
#include <utility>

#include "engine/base/check.h"

namespace btfast {

DownloadGoal::DownloadGoal(MetainfoPtr metainfo, FileSelection const& selection)
    : metainfo_(std::move(metainfo)),
      wanted_(std::make_shared<WantedPieces const>(wanted_pieces(selection, *metainfo_))),
      here_(metainfo_->geometry.piece_count()) {}

bool DownloadGoal::on_have(PieceIndex piece) {
  BTF_DCHECK(!here_.test(piece));
  here_.set(piece);
  bytes_here_ += metainfo_->geometry.piece_size(piece);
  std::uint32_t const before = wanted_here_;
  count(piece);
  return wanted_here_ != before && reached();
}

void DownloadGoal::set_selection(FileSelection const& selection) {
  wanted_ = std::make_shared<WantedPieces const>(wanted_pieces(selection, *metainfo_));
  wanted_here_ = 0;
  wanted_bytes_here_ = 0;
  for (std::uint32_t p = 0; p < here_.size(); ++p) {
    if (here_.test(p)) count(PieceIndex{p});
  }
}

void DownloadGoal::count(PieceIndex piece) noexcept {
  if (!wanted_->pieces.test(piece)) return;
  ++wanted_here_;
  wanted_bytes_here_ += metainfo_->geometry.piece_size(piece);
}

std::uint64_t DownloadGoal::bytes_missing() const noexcept {
  return metainfo_->geometry.total_size() - bytes_here_;
}

}  // namespace btfast
