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
  std::uint64_t const length = files_.map().file(file).length;
  return is_blank(begin, begin + std::min(files_.found_size(file).value_or(0), length));
}

// The bytes are all that the file has of the piece.
bool TornPieces::is_torn(std::uint32_t piece, FileIndex file, std::uint64_t begin,
                         std::uint64_t end) {
  if (piece < kill_.claimed.size() && kill_.claimed.test(piece)) return false;
  if (is_blank(begin, end)) return true;
  if (!has_blank_page(file, begin, end) && !lacks_some_of(piece, file)) return false;
  torn_.insert(piece);
  return torn_.size() <= kill_.half_written;
}

// Another file, that is: it is not there, too short, or blank where the piece lies.
bool TornPieces::lacks_some_of(std::uint32_t piece, FileIndex file) {
  PieceIndex const index{piece};
  storage::SliceWalk walk{files_.map(), geometry_.piece_offset(index), geometry_.piece_size(index)};
  while (auto const slice = walk.next()) {
    if (slice->file.value == file.value || files_.map().file(slice->file).pad) continue;
    if (files_.found_size(slice->file).value_or(0) < slice->offset + slice->length) return true;
    std::uint64_t const begin = files_.map().file_offset(slice->file) + slice->offset;
    if (has_blank_page(slice->file, begin, begin + slice->length)) return true;
  }
  return false;
}

// Of the pages of the file, cut to the range.
bool TornPieces::has_blank_page(FileIndex file, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t const file_begin = files_.map().file_offset(file);
  for (std::uint64_t at = begin; at < end;) {
    std::uint64_t const page = (at - file_begin) / kPageBytes;
    std::uint64_t const next = std::min(file_begin + (page + 1) * kPageBytes, end);
    if (is_blank(at, next)) return true;
    at = next;
  }
  return false;
}

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
