// PieceOffers: what the shards of a super-seed know together (BEP 16).  Each sees its own peers
// only; which pieces are somewhere in the swarm, and whether anybody moves, is of all of them.
//
// Threads:  any.
// Ordering: relaxed: each decision is one read-modify-write, and no data goes with it.
// Bound:    9 bytes a piece.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/types.h"

namespace btfast {

class PieceOffers {
 public:
  explicit PieceOffers(std::uint32_t piece_count)
      : pieces_(piece_count), tried_(piece_count), free_(piece_count) {}

  // Offers the piece to one peer if no peer has it or was offered it.  False: one has, or was.
  bool try_offer(PieceIndex piece) noexcept;
  // Offers it whoever has it.
  void offer(PieceIndex piece) noexcept { add(piece, kOffered); }
  // One who was offered it counts for it no more.  True: nobody has it or is to have it now.
  bool take_back(PieceIndex piece) noexcept { return drop(piece, kOffered); }
  void add_holder(PieceIndex piece) noexcept { add(piece, kHolder); }
  // True: nobody has it or is to have it now.
  bool drop_holder(PieceIndex piece) noexcept { return drop(piece, kHolder); }

  std::uint32_t holders(PieceIndex piece) const noexcept {
    return static_cast<std::uint32_t>(value(piece) / kHolder);
  }
  // Those who have it and those who were offered it.
  std::uint64_t known_by(PieceIndex piece) const noexcept {
    return value(piece) / kHolder + value(piece) % kHolder;
  }
  // Whether there are pieces that nobody has or was offered.
  bool any_free() const noexcept { return free_.load(std::memory_order_relaxed) > 0; }
  // The first piece from `from` on that nobody has or was offered.
  std::optional<PieceIndex> next_free(std::uint32_t from) const noexcept;

  // Those of the pieces in neither that fewest have or were offered, `most` at most.  `held`: only
  // those that someone has and nobody is to get of us now.
  std::vector<PieceIndex> rarest(Bitfield const& has, Bitfield const& told, std::size_t most,
                                 bool held) const;

  // A peer was given it although others have it, as they say.  Who gets it from another may have
  // it by way of that peer.
  void set_tried(PieceIndex piece) noexcept {
    tried_[piece.value].store(true, std::memory_order_relaxed);
  }
  bool tried(PieceIndex piece) const noexcept {
    return tried_[piece.value].load(std::memory_order_relaxed);
  }

  // Peers of all shards that may fetch a piece, as far as we know.
  void add_taker() noexcept { takers_.fetch_add(1, std::memory_order_relaxed); }
  void drop_taker() noexcept { takers_.fetch_sub(1, std::memory_order_relaxed); }
  std::uint32_t takers() const noexcept { return takers_.load(std::memory_order_relaxed); }

  // Pieces that were fetched of us.
  void count_taken() noexcept { taken_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }

  // How often a peer asked for something or had it, or an offer was given up.
  std::uint64_t moves() const noexcept { return moves_.load(std::memory_order_relaxed); }
  // Returns how many there were before.
  std::uint64_t count_move() noexcept { return moves_.fetch_add(1, std::memory_order_relaxed); }
  // Counts one only if there were `seen` so far: of shards that saw the same, one does.
  bool try_count_move(std::uint64_t seen) noexcept {
    return moves_.compare_exchange_strong(seen, seen + 1, std::memory_order_relaxed);
  }

  // How often a peer that was taken for idle was only slow.
  void count_slow() noexcept { slow_.fetch_add(1, std::memory_order_relaxed); }
  std::uint32_t slow() const noexcept { return slow_.load(std::memory_order_relaxed); }

  // A peer that left, having all, is with the others still, as far as we know.  It is believed
  // if it fetched enough of our pieces: twice as many each time that such a seed was found gone.
  void believe_seed(std::uint32_t fetched) noexcept;
  void doubt_seed() noexcept;
  bool seed_elsewhere() const noexcept { return seed_elsewhere_.load(std::memory_order_relaxed); }

 private:
  // Of one piece: those who were offered it in the lower half, those who have it in the upper.
  static constexpr std::uint64_t kOffered = 1;
  static constexpr std::uint64_t kHolder = std::uint64_t{1} << 32;

  std::uint64_t value(PieceIndex piece) const noexcept {
    return pieces_[piece.value].load(std::memory_order_relaxed);
  }
  void add(PieceIndex piece, std::uint64_t what) noexcept;
  bool drop(PieceIndex piece, std::uint64_t what) noexcept;

  std::vector<std::atomic<std::uint64_t>> pieces_;
  std::vector<std::atomic<bool>> tried_;
  std::atomic<std::int64_t> free_;  // pieces of value 0; for a moment it may lag behind
  std::atomic<std::uint32_t> takers_{0};
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint64_t> moves_{0};
  std::atomic<std::uint32_t> slow_{0};
  std::atomic<bool> seed_elsewhere_{false};
  std::atomic<std::uint32_t> seed_fetched_{1};  // by a seed that is believed, at least
};

}  // namespace btfast
