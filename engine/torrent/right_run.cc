#include "engine/torrent/right_run.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/limits.h"

namespace btfast {
namespace {

constexpr std::uint64_t kReadBytes = 64 * 1024;
constexpr std::size_t kPageBytes = 4096;

// How many of the bytes lie in pages that hold more than one value.
std::uint64_t varied(std::span<std::byte const> bytes) {
  std::uint64_t count = 0;
  while (!bytes.empty()) {
    auto const page = bytes.first(std::min(kPageBytes, bytes.size()));
    bytes = bytes.subspan(page.size());
    bool const varies =
        std::ranges::any_of(page, [first = page.front()](std::byte b) { return b != first; });
    if (varies) count += page.size();
  }
  return count;
}

// What cannot be read proves nothing.
std::uint64_t proof_in(storage::FileStorage& files, std::uint64_t begin, std::uint64_t end) {
  if (end < begin + kPageBytes) return 0;
  std::vector<std::byte> buffer(kReadBytes);
  std::uint64_t count = 0;
  for (std::uint64_t at = begin; at < end && count < limits::kBlockSize; at += kReadBytes) {
    auto const bytes =
        std::span{buffer}.first(static_cast<std::size_t>(std::min(kReadBytes, end - at)));
    if (files.is_hole(at, bytes.size())) continue;
    if (!files.read(at, bytes)) break;
    count += varied(bytes);
  }
  return count;
}

}  // namespace

bool holds_right_run(storage::FileStorage& files, FileIndex file, PieceGeometry const& geometry,
                     Bitfield const& good) {
  std::uint64_t const begin = files.map().file_offset(file);
  std::uint64_t const length = files.map().file(file).length;
  std::uint64_t const end = begin + std::min(files.found_size(file).value_or(0), length);
  std::uint64_t const piece_length = geometry.piece_length();
  std::uint64_t run = begin;  // where the stretch of right bytes begins
  std::uint64_t proof = 0;
  for (std::uint64_t at = begin; at < end;) {
    std::uint64_t const piece = at / piece_length;
    std::uint64_t const next = std::min((piece + 1) * piece_length, end);
    bool const right = good.test(static_cast<std::uint32_t>(piece));
    std::uint64_t const run_end = right ? next : at;
    bool const over = !right || next == end;
    if (over) proof += proof_in(files, run, run_end);
    if (proof >= limits::kBlockSize) return true;
    if (!right) run = next;
    at = next;
  }
  return false;
}

}  // namespace btfast
