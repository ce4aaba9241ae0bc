// PiecePicker: which piece to start next for a peer, as one net thread sees the swarm.
//
// kSmart (rarest first): pieces in buckets by availability, moved by O(1) swaps when a
// peer gains or loses a piece; ties are in random order.  Peers that have everything are
// not counted: they add the same to every piece.  kRandom: one shuffled bucket.
// kSequential: the first wanted piece.
//
// Threads: one net thread.  Whether a piece is still free is asked through `free`, and
//          decided by PieceMap::try_claim().
// Bound:   8 bytes a piece for the order, 2 for the counts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/rng.h"
#include "engine/base/types.h"
#include "engine/config.h"

namespace btfast {

class PiecePicker {
 public:
  using IsFree = std::function<bool(PieceIndex)>;

  PiecePicker(std::uint32_t piece_count, Strategy strategy, Rng& rng);

  // A peer came, learned of one more piece, or left.
  void add_peer(Bitfield const& has);
  // `has` is what the peer has with `piece`; a peer that now has everything stops counting.
  void add_have(PieceIndex piece, Bitfield const& has);
  void remove_peer(Bitfield const& has);

  // We have it: never picked again.
  void retire(PieceIndex piece);

  std::optional<PieceIndex> pick(Bitfield const& peer_has, IsFree const& is_free) const;

  std::uint32_t availability(PieceIndex piece) const noexcept { return counts_[piece.value]; }
  std::uint32_t wanted_count() const noexcept { return wanted_.count(); }
  // We lack it.
  bool wanted(PieceIndex piece) const noexcept { return wanted_.test(piece); }

 private:
  void increment(std::uint32_t piece);
  void decrement(std::uint32_t piece);
  std::size_t bucket_of(std::uint32_t piece) const noexcept {
    return strategy_ == Strategy::kSmart ? counts_[piece] : 0;
  }
  void swap_positions(std::uint32_t a, std::uint32_t b) noexcept;
  std::optional<PieceIndex> pick_in_order(Bitfield const& peer_has, IsFree const& is_free) const;
  std::optional<PieceIndex> pick_first(Bitfield const& peer_has, IsFree const& is_free) const;
  std::optional<PieceIndex> pick_sparse(Bitfield const& peer_has, IsFree const& is_free) const;

  Strategy const strategy_;
  Bitfield wanted_;
  std::vector<std::uint32_t> order_;     // wanted pieces, rarest first
  std::vector<std::uint32_t> position_;  // of each piece in order_
  std::vector<std::uint16_t> counts_;    // availability, seeds left out
  std::vector<std::uint32_t> ends_;      // ends_[a]: one past the bucket of availability a
};

}  // namespace btfast
