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
  std::uint32_t const number = 2 * file.value;
  return {
      {{number, 0, place, head}, {number + 1, map_.file(file).length - tail, place + head, tail}}};
}

Fragment PartLayout::fragment(std::uint32_t number) const noexcept {
  return fragments(FileIndex{number / 2})[number % 2];
}

std::uint32_t PartLayout::fragment_count() const noexcept {
  return static_cast<std::uint32_t>(2 * map_.files().size());
}

std::vector<bool> PartLayout::beside(std::vector<bool> const& wanted) const {
  auto const shared_with = [this](FileIndex file, auto const& take) {
    std::uint64_t const length = map_.file(file).length;
    if (map_.file(file).pad || length == 0) return;
    std::uint64_t const start = map_.file_offset(file);
    take(start / piece_length_);
    take((start + length - 1) / piece_length_);
  };
  std::vector<std::uint64_t> edges;  // ascending, as the files come
  for (std::uint32_t f = 0; f < wanted.size(); ++f) {
    if (wanted[f]) shared_with(FileIndex{f}, [&](std::uint64_t piece) { edges.push_back(piece); });
  }
  std::vector<bool> out(wanted.size());
  for (std::uint32_t f = 0; f < wanted.size(); ++f) {
    if (wanted[f]) continue;
    shared_with(FileIndex{f}, [&](std::uint64_t piece) {
      if (std::binary_search(edges.begin(), edges.end(), piece)) out[f] = true;
    });
  }
  return out;
}

std::optional<Fragment> PartLayout::at(FileIndex file, std::uint64_t offset) const noexcept {
  for (auto const& [number, in_file, in_part, length] : fragments(file)) {
    if (offset < in_file || offset - in_file >= length) continue;
    std::uint64_t const skipped = offset - in_file;
    return Fragment{number, offset, in_part + skipped, length - skipped};
  }
  return std::nullopt;
}

std::uint64_t PartLayout::between(FileIndex file, std::uint64_t offset) const noexcept {
  auto const [head, tail] = fragments(file);
  return (tail.length > 0 ? tail.in_file : map_.file(file).length) - offset;
}

}  // namespace btfast::storage
