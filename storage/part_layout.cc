#include "storage/part_layout.h"

#include <algorithm>

namespace btfast::storage {

PartLayout::PartLayout(FileMap const& map, std::uint64_t piece_length)
    : map_(map), piece_length_(piece_length) {
  places_.reserve(map.files().size() + 1);
  std::uint64_t place = 0;
  for (std::uint32_t f = 0; f < map.files().size(); ++f) {
    places_.push_back(place);
    auto const [head, tail] = ends(FileIndex{f});
    place += head + tail;
  }
  places_.push_back(place);
}

PartLayout::Ends PartLayout::ends(FileIndex file) const noexcept {
  std::uint64_t const length = map_.file(file).length;
  if (map_.file(file).pad) return {0, 0};
  std::uint64_t const start = map_.file_offset(file);
  std::uint64_t const into_piece = start % piece_length_;
  std::uint64_t const head = into_piece == 0 ? 0 : std::min(length, piece_length_ - into_piece);
  return {head, std::min(length - head, (start + length) % piece_length_)};
}

std::array<Fragment, 2> PartLayout::fragments(FileIndex file) const noexcept {
  auto const [head, tail] = ends(file);
  std::uint64_t const place = places_[file.value];
  return {{{0, place, head}, {map_.file(file).length - tail, place + head, tail}}};
}

std::optional<Fragment> PartLayout::at(FileIndex file, std::uint64_t offset) const noexcept {
  for (auto const& [in_file, in_part, length] : fragments(file)) {
    if (offset < in_file || offset - in_file >= length) continue;
    std::uint64_t const skipped = offset - in_file;
    return Fragment{offset, in_part + skipped, length - skipped};
  }
  return std::nullopt;
}

}  // namespace btfast::storage
