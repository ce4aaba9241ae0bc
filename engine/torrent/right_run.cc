#include "engine/torrent/right_run.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/limits.h"

namespace btfast {
namespace {

constexpr std::uint64_t kReadBytes = 64 * 1024;

// True where they cannot be read: then they prove nothing.
bool all_the_same(storage::FileStorage& files, std::uint64_t begin, std::uint64_t end) {
  std::vector<std::byte> buffer(kReadBytes);
  std::optional<std::byte> first;
  for (std::uint64_t at = begin; at < end; at += kReadBytes) {
    auto const bytes =
        std::span{buffer}.first(static_cast<std::size_t>(std::min(kReadBytes, end - at)));
    if (files.is_hole(at, bytes.size())) {
      std::ranges::fill(bytes, std::byte{0});
    } else if (!files.read(at, bytes)) {
      return true;
    }
    std::byte const value = first.value_or(bytes.front());
    if (std::ranges::any_of(bytes, [value](std::byte b) { return b != value; })) return false;
    first = value;
  }
  return true;
}

}  // namespace

bool holds_right_run(storage::FileStorage& files, FileIndex file, PieceGeometry const& geometry,
                     Bitfield const& good) {
  std::uint64_t const begin = files.map().file_offset(file);
  std::uint64_t const length = files.map().file(file).length;
  std::uint64_t const end = begin + std::min(files.found_size(file).value_or(0), length);
  std::uint64_t const piece_length = geometry.piece_length();
  std::uint64_t run = begin;  // where the stretch of right bytes begins
  for (std::uint64_t at = begin; at < end;) {
    std::uint64_t const piece = at / piece_length;
    std::uint64_t const next = std::min((piece + 1) * piece_length, end);
    bool const right = good.test(static_cast<std::uint32_t>(piece));
    std::uint64_t const run_end = right ? next : at;
    bool const over = !right || next == end;
    if (over && run_end >= run + limits::kBlockSize && !all_the_same(files, run, run_end)) {
      return true;
    }
    if (!right) run = next;
    at = next;
  }
  return false;
}

}  // namespace btfast
