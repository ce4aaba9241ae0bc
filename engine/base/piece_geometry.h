// PieceGeometry: the only place that converts between bytes, blocks and pieces,
// and the only maker of PieceIndex and BlockRange from numbers a stranger sent.
//
// Immutable; every function is safe from any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/types.h"

namespace btfast {

class PieceGeometry {
 public:
  PieceGeometry() = default;  // an empty torrent: no piece exists

  // Empty unless total and length are positive and within limits.h.
  static std::optional<PieceGeometry> make(std::uint64_t total_size,
                                           std::uint64_t piece_length) noexcept {
    if (total_size == 0 || total_size > limits::kTotalBytes) return std::nullopt;
    if (piece_length == 0 || piece_length > limits::kPieceLength) return std::nullopt;
    std::uint64_t const count = (total_size - 1) / piece_length + 1;
    if (count > limits::kPieces) return std::nullopt;
    return PieceGeometry{total_size, static_cast<std::uint32_t>(piece_length),
                         static_cast<std::uint32_t>(count)};
  }

  std::uint64_t total_size() const noexcept { return total_size_; }
  std::uint32_t piece_length() const noexcept { return piece_length_; }  // of all but the last
  std::uint32_t piece_count() const noexcept { return piece_count_; }

  std::optional<PieceIndex> piece(std::uint64_t index) const noexcept {
    if (index >= piece_count_) return std::nullopt;
    return PieceIndex{static_cast<std::uint32_t>(index)};
  }
  // A range of any length within one piece, as a request message names it.
  std::optional<BlockRange> range(std::uint64_t index, std::uint64_t begin,
                                  std::uint64_t length) const noexcept {
    auto const p = piece(index);
    if (!p || length == 0) return std::nullopt;
    std::uint64_t const size = piece_size(*p);
    if (begin >= size || length > size - begin) return std::nullopt;
    return BlockRange{*p, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(length)};
  }

  std::uint32_t piece_size(PieceIndex p) const noexcept {
    BTF_DCHECK(p.value < piece_count_);
    if (p.value + 1 < piece_count_) return piece_length_;
    return static_cast<std::uint32_t>(total_size_ - piece_offset(p));
  }
  std::uint64_t piece_offset(PieceIndex p) const noexcept {
    return std::uint64_t{p.value} * piece_length_;
  }
  PieceIndex piece_at(std::uint64_t offset) const noexcept {
    BTF_DCHECK(offset < total_size_);
    return PieceIndex{static_cast<std::uint32_t>(offset / piece_length_)};
  }

  // Blocks of 16 KiB; the last of a piece may be shorter.
  std::uint32_t block_count(PieceIndex p) const noexcept {
    return (piece_size(p) - 1) / limits::kBlockSize + 1;
  }
  std::uint32_t blocks_per_piece_max() const noexcept {
    return piece_count_ == 0 ? 0 : block_count(PieceIndex{0});
  }
  BlockRange block(PieceIndex p, BlockIndex b) const noexcept {
    std::uint32_t const begin = b.value * limits::kBlockSize;
    std::uint32_t const left = piece_size(p) - begin;
    return {p, begin, left < limits::kBlockSize ? left : limits::kBlockSize};
  }
  // The block that `range` is exactly, if it is one.
  std::optional<BlockIndex> exact_block(BlockRange range) const noexcept {
    BlockIndex const b{range.begin / limits::kBlockSize};
    if (block(range.piece, b) != range) return std::nullopt;
    return b;
  }

 private:
  PieceGeometry(std::uint64_t total, std::uint32_t length, std::uint32_t count) noexcept
      : total_size_(total), piece_length_(length), piece_count_(count) {}

  std::uint64_t total_size_ = 0;
  std::uint32_t piece_length_ = 0;
  std::uint32_t piece_count_ = 0;
};

}  // namespace btfast
