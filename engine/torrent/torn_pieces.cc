#include "engine/torrent/torn_pieces.h"

#include <algorithm>
#include <span>

namespace btfast {
namespace {

constexpr std::uint64_t kReadBytes = 64 * 1024;
// A write that a kill cuts ends between pages.
constexpr std::uint64_t kPageBytes = 4096;

}  // namespace

TornPieces::TornPieces(storage::FileStorage& files, PieceGeometry const& geometry,
                       Bitfield const& good, Kill const& kill)
    : files_(files), geometry_(geometry), good_(good), kill_(kill), buffer_(kReadBytes) {}

bool TornPieces::explain(FileIndex file) {
  std::uint64_t const begin = files_.map().file_offset(file);
  std::uint64_t const end = begin + files_.map().file(file).length;
  std::uint64_t const piece_length = geometry_.piece_length();
  for (std::uint64_t at = begin; at < end;) {
    auto const piece = static_cast<std::uint32_t>(at / piece_length);
    std::uint64_t const next = std::min((piece + std::uint64_t{1}) * piece_length, end);
    if (!good_.test(piece) && !is_torn(piece, file, at, next)) return false;
    at = next;
  }
  return true;
}

bool TornPieces::is_blank(FileIndex file) {
  std::uint64_t const begin = files_.map().file_offset(file);
  return is_blank(begin, begin + files_.map().file(file).length);
}

// The bytes are all that the file has of the piece.
bool TornPieces::is_torn(std::uint32_t piece, FileIndex file, std::uint64_t begin,
                         std::uint64_t end) {
  if (piece < kill_.claimed.size() && kill_.claimed.test(piece)) return false;
  std::uint64_t const file_begin = files_.map().file_offset(file);
  std::uint64_t const page = file_begin + (end - 1 - file_begin) / kPageBytes * kPageBytes;
  std::uint64_t const last_page = std::max(begin, page);
  bool const blank_at_end = is_blank(last_page, end);
  if (blank_at_end && is_blank(begin, last_page)) return true;
  if (!blank_at_end && !lies_in_other_files(piece, file)) return false;
  torn_.insert(piece);
  return torn_.size() <= kill_.workers;
}

bool TornPieces::lies_in_other_files(std::uint32_t piece, FileIndex file) const {
  PieceIndex const index{piece};
  storage::SliceWalk walk{files_.map(), geometry_.piece_offset(index), geometry_.piece_size(index)};
  while (auto const slice = walk.next()) {
    if (slice->file.value != file.value && !files_.map().file(slice->file).pad) return true;
  }
  return false;
}

// What cannot be read is not.
bool TornPieces::is_blank(std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t at = begin; at < end; at += kReadBytes) {
    auto const bytes =
        std::span{buffer_}.first(static_cast<std::size_t>(std::min(kReadBytes, end - at)));
    if (files_.is_hole(at, bytes.size())) continue;
    if (!files_.read(at, bytes)) return false;
    if (std::ranges::any_of(bytes, [](std::byte b) { return b != std::byte{0}; })) return false;
  }
  return true;
}

}  // namespace btfast
