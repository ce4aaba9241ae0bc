#include "engine/download/piece_picker.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

namespace btfast {
namespace {

// A peer with less than one in sixteen of the wanted pieces is searched by its own bits.
constexpr std::uint32_t kSparseRatio = 16;

// A pick among a million pieces stays short: so many are tried in order of rarity, and when
// the peer has none of them (the swarm's rarest are not its), so many of its own compared.
constexpr std::uint32_t kTriedInOrder = 2048;
constexpr std::uint32_t kCompared = 1024;

// Calls `visit` for every piece set in both fields, upwards from that of `first_word` and
// on from the front, until it returns true.
template <class Visit>
void for_each_common(Bitfield const& a, Bitfield const& b, Visit&& visit,
                     std::size_t first_word = 0) {
  auto const a_words = a.words();
  auto const b_words = b.words();
  for (std::size_t i = 0; i < a_words.size(); ++i) {
    std::size_t const w = (first_word + i) % a_words.size();
    for (std::uint64_t both = a_words[w] & b_words[w]; both != 0; both &= both - 1) {
      auto const bit = static_cast<std::uint32_t>(std::countr_zero(both));
      if (visit(PieceIndex{static_cast<std::uint32_t>(w * 64) + bit})) return;
    }
  }
}

}  // namespace

PiecePicker::PiecePicker(std::uint32_t piece_count, Strategy strategy, Rng& rng)
    : strategy_(strategy),
      rng_(rng),
      lacked_(piece_count, true),
      wanted_(piece_count, true),
      counts_(piece_count, 0),
      priorities_(piece_count, Priority::kNormal),
      positions_(piece_count),
      levels_{AvailabilityOrder{positions_}, AvailabilityOrder{positions_},
              AvailabilityOrder{positions_}, AvailabilityOrder{positions_},
              AvailabilityOrder{positions_}} {
  std::vector<std::uint32_t> order(piece_count);
  std::iota(order.begin(), order.end(), 0u);
  if (strategy_ != Strategy::kSequential) std::shuffle(order.begin(), order.end(), rng);
  level(Priority::kNormal).fill(std::move(order));
}

void PiecePicker::set_priorities(std::vector<Priority> const& priorities) {
  std::vector<std::uint32_t> changed;
  for (std::uint32_t p = 0; p < lacked_.size(); ++p) {
    if (priorities[p] != priorities_[p]) changed.push_back(p);
  }
  // So that pieces of one availability are in random order in their new level too.
  if (strategy_ != Strategy::kSequential) std::shuffle(changed.begin(), changed.end(), rng_);
  for (std::uint32_t const p : changed) move_to(priorities[p], p);
}

void PiecePicker::move_to(Priority priority, std::uint32_t piece) {
  Priority const before = std::exchange(priorities_[piece], priority);
  if (!lacked_.test(piece)) return;
  if (before != Priority::kSkip) {
    level(before).remove(piece, bucket_of(piece));
    wanted_.reset(piece);
  }
  if (priority != Priority::kSkip) {
    level(priority).insert(piece, bucket_of(piece));
    wanted_.set(piece);
  }
}

void PiecePicker::add_peer(Bitfield const& has) {
  if (has.all()) return;
  for_each_common(has, lacked_, [this](PieceIndex p) {
    increment(p.value);
    return false;
  });
}

void PiecePicker::add_have(PieceIndex piece, Bitfield const& has) {
  if (lacked_.test(piece)) increment(piece.value);
  if (!has.all()) return;
  for_each_common(has, lacked_, [this](PieceIndex p) {
    decrement(p.value);
    return false;
  });
}

void PiecePicker::remove_peer(Bitfield const& has) {
  if (has.all()) return;
  for_each_common(has, lacked_, [this](PieceIndex p) {
    decrement(p.value);
    return false;
  });
}

void PiecePicker::retire(PieceIndex piece) {
  if (!lacked_.test(piece)) return;
  lacked_.reset(piece.value);
  if (!wanted_.test(piece)) return;
  level(priorities_[piece.value]).remove(piece.value, bucket_of(piece.value));
  wanted_.reset(piece.value);
}

std::optional<PieceIndex> PiecePicker::pick(Bitfield const& peer_has, IsFree const& is_free) const {
  if (strategy_ == Strategy::kSequential) return pick_first(peer_has, is_free);
  bool const sparse = peer_has.count() < wanted_.count() / kSparseRatio;
  for (Priority const priority : kWantedPriorities) {
    if (level(priority).empty()) continue;
    auto found = sparse ? std::nullopt : pick_in_order(priority, peer_has, is_free);
    if (!found) found = pick_among(priority, peer_has, is_free);
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<PieceIndex> PiecePicker::pick_in_order(Priority priority, Bitfield const& peer_has,
                                                     IsFree const& is_free) const {
  // What a peer has it is counted for, unless it has everything: the pieces that nobody
  // was counted for are not its.
  auto pieces = peer_has.all() ? level(priority).pieces() : level(priority).counted_pieces();
  pieces = pieces.first(std::min<std::size_t>(pieces.size(), kTriedInOrder));
  for (std::uint32_t const p : pieces) {
    if (peer_has.test(p) && is_free(PieceIndex{p})) return PieceIndex{p};
  }
  return std::nullopt;
}

std::optional<PieceIndex> PiecePicker::pick_first(Bitfield const& peer_has,
                                                  IsFree const& is_free) const {
  std::optional<PieceIndex> found;
  for (Priority const priority : kWantedPriorities) {
    if (level(priority).empty()) continue;
    for_each_common(peer_has, wanted_, [&](PieceIndex p) {
      if (priorities_[p.value] == priority && is_free(p)) found = p;
      return found.has_value();
    });
    if (found) break;
  }
  return found;
}

// The rarest of the peer's pieces; of many, of those met first from a random place on.
std::optional<PieceIndex> PiecePicker::pick_among(Priority priority, Bitfield const& peer_has,
                                                  IsFree const& is_free) const {
  auto const words = static_cast<std::uint32_t>(wanted_.words().size());
  std::optional<PieceIndex> best;
  std::uint32_t compared = 0;
  auto const compare = [&](PieceIndex p) {
    if (priorities_[p.value] != priority || !is_free(p)) return false;
    // Position orders by availability and breaks ties by the shuffle.
    if (!best || positions_[p.value] < positions_[best->value]) best = p;
    return ++compared == kCompared;
  };
  for_each_common(peer_has, wanted_, compare, words > 0 ? rng_.below(words) : 0);
  return best;
}

void PiecePicker::increment(std::uint32_t piece) {
  auto& count = counts_[piece];
  if (count == std::numeric_limits<std::uint16_t>::max()) return;
  if (strategy_ == Strategy::kSmart && wanted_.test(piece)) {
    level(priorities_[piece]).move_up(piece, count);
  }
  ++count;
}

void PiecePicker::decrement(std::uint32_t piece) {
  auto& count = counts_[piece];
  if (count == 0) return;
  if (strategy_ == Strategy::kSmart && wanted_.test(piece)) {
    level(priorities_[piece]).move_down(piece, count);
  }
  --count;
}

}  // namespace btfast
