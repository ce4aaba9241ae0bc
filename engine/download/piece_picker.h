// PiecePicker: which piece to start next for a peer, as one net thread sees the swarm.
//
// Pieces of a higher priority come before all others; within one the strategy decides.
// kSmart (rarest first): pieces in buckets by availability, moved by O(1) swaps when a
// peer gains or loses a piece; ties are in random order.  Peers that have everything are
// not counted: they add the same to every piece.  kRandom: one shuffled bucket.
// kSequential: the first wanted piece.  Of peers that have thousands of pieces, but none of
// the thousands that are rarest, the rarest of a sample is named.
//
// Threads: one net thread.  Whether a piece is still free is asked through `free`, and
//          decided by PieceMap::try_claim().
// Bound:   8 bytes a piece for the order, 2 for the counts, 1 for the priority.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/rng.h"
#include "engine/base/types.h"
#include "engine/config.h"
#include "engine/download/availability_order.h"
#include "engine/metainfo/priority.h"

namespace btfast {

class PiecePicker {
 public:
  using IsFree = std::function<bool(PieceIndex)>;

  // At first every piece is wanted, kNormal.  `rng` must outlive the picker.
  PiecePicker(std::uint32_t piece_count, Strategy strategy, Rng& rng);
  PiecePicker(PiecePicker const&) = delete;
  PiecePicker& operator=(PiecePicker const&) = delete;

  // One a piece; those retired stay so.
  void set_priorities(std::vector<Priority> const& priorities);

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
  // We lack it, and its priority is not kSkip.
  bool wanted(PieceIndex piece) const noexcept { return wanted_.test(piece); }
  Bitfield const& wanted() const noexcept { return wanted_; }

 private:
  void increment(std::uint32_t piece);
  void decrement(std::uint32_t piece);
  void move_to(Priority priority, std::uint32_t piece);
  AvailabilityOrder& level(Priority priority) noexcept {
    return levels_[static_cast<std::size_t>(priority)];
  }
  AvailabilityOrder const& level(Priority priority) const noexcept {
    return levels_[static_cast<std::size_t>(priority)];
  }
  std::size_t bucket_of(std::uint32_t piece) const noexcept {
    return strategy_ == Strategy::kSmart ? counts_[piece] : 0;
  }
  std::optional<PieceIndex> pick_first(Bitfield const& peer_has, IsFree const& is_free) const;
  std::optional<PieceIndex> pick_in_order(Priority priority, Bitfield const& peer_has,
                                          IsFree const& is_free) const;
  std::optional<PieceIndex> pick_among(Priority priority, Bitfield const& peer_has,
                                       IsFree const& is_free) const;

  Strategy const strategy_;
  Rng& rng_;
  Bitfield lacked_;                    // not retired; these are counted
  Bitfield wanted_;                    // of them, those above kSkip; these are in an order
  std::vector<std::uint16_t> counts_;  // availability, seeds left out
  std::vector<Priority> priorities_;
  std::vector<std::uint32_t> positions_;                  // of each wanted piece in its order
  std::array<AvailabilityOrder, kPriorityCount> levels_;  // by Priority; kSkip's is empty
};

}  // namespace btfast
