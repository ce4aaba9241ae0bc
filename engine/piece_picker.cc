#include "engine/piece_picker.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

namespace btfast {
namespace {

// A peer with less than one in sixteen of the wanted pieces is searched by its own bits.
constexpr std::uint32_t kSparseRatio = 16;

// Calls `visit` for every piece set in both fields, lowest first, until it returns true.
template <class Visit>
void for_each_common(Bitfield const& a, Bitfield const& b, Visit&& visit) {
  auto const a_words = a.words();
  auto const b_words = b.words();
  for (std::size_t w = 0; w < a_words.size(); ++w) {
    for (std::uint64_t both = a_words[w] & b_words[w]; both != 0; both &= both - 1) {
      auto const bit = static_cast<std::uint32_t>(std::countr_zero(both));
      if (visit(PieceIndex{static_cast<std::uint32_t>(w * 64) + bit})) return;
    }
  }
}

}  // namespace

PiecePicker::PiecePicker(std::uint32_t piece_count, Strategy strategy, Rng& rng)
    : strategy_(strategy),
      wanted_(piece_count, true),
      order_(piece_count),
      position_(piece_count),
      counts_(piece_count, 0),
      ends_{piece_count} {
  std::iota(order_.begin(), order_.end(), 0u);
  if (strategy_ != Strategy::kSequential) std::shuffle(order_.begin(), order_.end(), rng);
  for (std::uint32_t i = 0; i < piece_count; ++i) position_[order_[i]] = i;
}

void PiecePicker::add_peer(Bitfield const& has) {
  if (has.all()) return;
  for_each_common(has, wanted_, [this](PieceIndex p) {
    increment(p.value);
    return false;
  });
}

void PiecePicker::add_have(PieceIndex piece, Bitfield const& has) {
  if (wanted_.test(piece)) increment(piece.value);
  if (!has.all()) return;
  for_each_common(has, wanted_, [this](PieceIndex p) {
    decrement(p.value);
    return false;
  });
}

void PiecePicker::remove_peer(Bitfield const& has) {
  if (has.all()) return;
  for_each_common(has, wanted_, [this](PieceIndex p) {
    decrement(p.value);
    return false;
  });
}

void PiecePicker::retire(PieceIndex piece) {
  if (!wanted_.test(piece)) return;
  // Through every later bucket to the end of the order, and off it.
  for (std::size_t a = bucket_of(piece.value); a < ends_.size(); ++a) {
    swap_positions(position_[piece.value], ends_[a] - 1);
    --ends_[a];
  }
  order_.pop_back();
  wanted_.reset(piece.value);
}

std::optional<PieceIndex> PiecePicker::pick(Bitfield const& peer_has, IsFree const& is_free) const {
  if (strategy_ == Strategy::kSequential) return pick_first(peer_has, is_free);
  if (peer_has.count() < order_.size() / kSparseRatio) return pick_sparse(peer_has, is_free);
  return pick_in_order(peer_has, is_free);
}

std::optional<PieceIndex> PiecePicker::pick_in_order(Bitfield const& peer_has,
                                                     IsFree const& is_free) const {
  for (std::uint32_t const p : order_) {
    if (peer_has.test(p) && is_free(PieceIndex{p})) return PieceIndex{p};
  }
  return std::nullopt;
}

std::optional<PieceIndex> PiecePicker::pick_first(Bitfield const& peer_has,
                                                  IsFree const& is_free) const {
  std::optional<PieceIndex> found;
  for_each_common(peer_has, wanted_, [&](PieceIndex p) {
    if (is_free(p)) found = p;
    return found.has_value();
  });
  return found;
}

std::optional<PieceIndex> PiecePicker::pick_sparse(Bitfield const& peer_has,
                                                   IsFree const& is_free) const {
  std::optional<PieceIndex> best;
  for_each_common(peer_has, wanted_, [&](PieceIndex p) {
    // Position orders by availability and breaks ties by the shuffle.
    if ((!best || position_[p.value] < position_[best->value]) && is_free(p)) best = p;
    return false;
  });
  return best;
}

void PiecePicker::increment(std::uint32_t piece) {
  auto& count = counts_[piece];
  if (count == std::numeric_limits<std::uint16_t>::max()) return;
  if (strategy_ == Strategy::kSmart) {
    if (ends_.size() == std::size_t{count} + 1) ends_.push_back(ends_.back());
    swap_positions(position_[piece], ends_[count] - 1);
    --ends_[count];
  }
  ++count;
}

void PiecePicker::decrement(std::uint32_t piece) {
  auto& count = counts_[piece];
  if (count == 0) return;
  if (strategy_ == Strategy::kSmart) {
    std::uint32_t const first = ends_[count - 1u];
    swap_positions(position_[piece], first);
    ++ends_[count - 1u];
  }
  --count;
}

void PiecePicker::swap_positions(std::uint32_t a, std::uint32_t b) noexcept {
  std::swap(order_[a], order_[b]);
  position_[order_[a]] = a;
  position_[order_[b]] = b;
}

}  // namespace btfast
