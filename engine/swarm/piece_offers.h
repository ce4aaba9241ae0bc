// PieceOffers: which pieces the shards of a super-seed give to somebody, so that no two of them
// give the same; and how often a peer of any of them moved.
//
// Threads:  any.
// Ordering: relaxed: who takes a piece is decided by one read-modify-write, and no data goes with
//           it.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/types.h"

namespace btfast {

class PieceOffers {
 public:
  explicit PieceOffers(std::uint32_t piece_count)
      : piece_count_(piece_count), words_((piece_count + 63) / 64) {}

  // False: another shard has it.
  bool try_take(PieceIndex piece) noexcept {
    return (word_of(piece).fetch_or(bit_of(piece), std::memory_order_relaxed) & bit_of(piece)) == 0;
  }
  // Only of what was taken: it is to be given anew, by whichever shard.
  void give_back(PieceIndex piece) noexcept {
    word_of(piece).fetch_and(~bit_of(piece), std::memory_order_relaxed);
  }
  // The first piece from `from` on that no shard has.
  std::optional<PieceIndex> next_free(std::uint32_t from) const noexcept {
    for (std::size_t w = from / 64; w < words_.size(); ++w) {
      std::uint64_t free = ~words_[w].load(std::memory_order_relaxed);
      if (w == from / 64) free &= ~std::uint64_t{0} << (from % 64);
      if (free == 0) continue;
      auto const piece =
          static_cast<std::uint32_t>(w * 64) + static_cast<std::uint32_t>(std::countr_zero(free));
      if (piece >= piece_count_) return std::nullopt;
      return PieceIndex{piece};
    }
    return std::nullopt;
  }

  // A peer asked for something, or had it.
  void count_move() noexcept { moves_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t moves() const noexcept { return moves_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t>& word_of(PieceIndex piece) noexcept {
    return words_[piece.value / 64];
  }
  static std::uint64_t bit_of(PieceIndex piece) noexcept {
    return std::uint64_t{1} << (piece.value % 64);
  }

  std::uint32_t const piece_count_;
  std::vector<std::atomic<std::uint64_t>> words_;
  std::atomic<std::uint64_t> moves_{0};
};

}  // namespace btfast
