// SuperSeed: which pieces a seed names to which peer when it hides that it has all (BEP 16),
// so that the first full copy leaves it about once.  A pure decision over what peers say.
//
// A peer is offered pieces that nobody else has or was offered.  It is offered the next when
// someone else has what it got; who passes nothing on waits.  A peer that is alone is offered
// more at a time, and the next at once.  Alone is also who has only idle peers beside it.
//
// No proof may come: others cannot reach the peer, or fetch nothing.  So each is waited for only
// so long, and of whose pieces none was seen elsewhere (PeerEvidence) is offered the next at
// once.  That costs no copy: no other is offered these pieces.
//
// What a peer does not fetch is offered to another as well: once nobody does anything (kIdle),
// and all may be waiting for it; when others were given many pieces meanwhile (kOvertaken); later
// if others go on (kPatience).  Who does not fetch is nobody that a proof could come from.
// Slow peers are no idle ones: while any of them moves, also one of another net thread, a busy
// machine may be why.  Silence of all may have the same reason.  So one offer is given up first,
// and twice as many after each further silence.  A peer that asks for what was given up shows
// that it was only slow: from then on silence lasts twice as long, and one is given up again.
// A peer moves when it asks for a good part of a piece (a step), or has one: not with crumbs.
//
// When every piece is somewhere, or said to be, peers help each other.  One of them that gets
// nothing any more is tried: it is offered a piece, and more and more of them while nothing comes
// to it from anywhere else, and at last is served as any seed serves.
//
// A peer that leaves us as a seed, as seeds do, is thought to be with the others still, until one
// of them is tried in vain.
//
// Time is AttendedTime: our own lateness is nobody's idleness.
//
// Threads: one net thread, for its peers.  PieceOffers has what all net threads' peers have, so no
//          two offer one piece, and one knows what another's peers pass on at its next tick; they
//          begin with different pieces.
// Bound:   kOffersOpen offers that wait for proof, a peer; kOffersAlone for the only one; up to
//          kTrialsAtOnce more for one that gets nothing elsewhere and fetched all before.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/base/types.h"
#include "engine/swarm/peer_handle_hash.h"
#include "engine/swarm/piece_offers.h"
#include "engine/upload/fresh_pieces.h"
#include "engine/upload/peer_evidence.h"

namespace btfast {

class SuperSeed {
 public:
  static constexpr std::size_t kOffersOpen = 2;
  static constexpr std::size_t kOffersAlone = 16;
  static constexpr std::size_t kTrialsAtOnce = 256;
  static constexpr std::chrono::seconds kPatience = PeerEvidence::kLongest;
  static constexpr std::chrono::seconds kIdle = PeerEvidence::kShortest;
  // Pieces that each of the peers is given while another leaves one unfetched.
  static constexpr std::uint64_t kOvertaken = 64;

  struct Offer {
    PeerHandle peer;
    PieceIndex piece;
    bool operator==(Offer const&) const = default;
  };

  // Of `threads` shards this is number `thread`; `shared` is of them all, and outlives them.
  SuperSeed(std::uint32_t piece_count, std::uint32_t thread, std::uint32_t threads,
            PieceOffers& shared, Rng& rng);

  // Each may make offers: take_offers() has them.
  void add_peer(PeerHandle peer, TimePoint now);
  // `seed`: it said so.  Who has all is taken for one without a word.
  void remove_peer(PeerHandle peer, bool seed, TimePoint now);
  void on_have(PeerHandle peer, PieceIndex piece, TimePoint now);
  void on_bitfield(PeerHandle peer, Bitfield const& has, TimePoint now);
  // It asked us for so many bytes of a piece of that size.  Whoever asked for all of it will
  // have it; that it has it many do not say to someone who has it too.
  void on_asked(PeerHandle peer, PieceIndex piece, std::uint32_t bytes, std::uint32_t piece_size,
                TimePoint now);
  void on_tick(TimePoint now);

  // What peers are to be told that we have, since asked last.
  std::vector<Offer> take_offers();
  // Whether we told the peer of this piece.
  bool offered(PeerHandle peer, PieceIndex piece) const;

 private:
  struct Open {
    PieceIndex piece;
    TimePoint since{};        // offered, last asked for, or delivered
    std::uint64_t taken = 0;  // of all peers, when it was offered
    std::uint64_t asked = 0;  // bytes of it
    std::uint64_t steps = 0;
    bool counted = true;     // for PieceOffers the peer is to have it
    bool delivered = false;  // the peer has it, and nobody else yet
    bool lapsed = false;     // another may be offered it, too
    bool trial = false;      // others may have it, and no proof is waited for

    // Whether the piece is the peer's to fetch.
    bool underway() const noexcept { return !delivered && !lapsed; }
  };
  struct State {
    Bitfield has;
    Bitfield told;
    PeerEvidence evidence;
    TimePoint progress_at{};  // it last had, or was offered, a piece
    TimePoint try_at{};       // not before: there was nothing to offer
    std::vector<Open> open = {};
    std::uint32_t fetched = 0;  // pieces, of us
    bool taker = true;
  };

  bool note_have(State& state, PieceIndex piece, TimePoint now);
  void deliver(State& state, PieceIndex piece, TimePoint now);
  bool proved(State const& state, PieceIndex piece) const;
  bool settled(State const& state, Open const& open) const;
  void close_settled();
  void note_moved(State& state, TimePoint now);
  void set_taker(State& state, bool taker);
  Open* open_of(State& state, PieceIndex piece, TimePoint now);
  void lapse_forgotten(State& state, TimePoint now);
  void lapse_in_silence(TimePoint now);
  void lapse(State& state, Open& open, TimePoint now);
  Duration silence() const noexcept;
  void give_up_proofs(State& state, TimePoint now);
  void give_back(Open& open);
  void take_up_free();
  void offer_all(TimePoint now);
  void try_out(PeerHandle peer, State& state, TimePoint now);
  bool offer_fresh(PeerHandle peer, State& state, TimePoint now);
  bool offer_next(PeerHandle peer, State& state, TimePoint now);
  void offer(PeerHandle peer, State& state, PieceIndex piece, TimePoint now);

  std::uint32_t const piece_count_;
  PieceOffers& shared_;
  FreshPieces fresh_;
  std::unordered_map<PeerHandle, State, PeerHandleHash> peers_;
  std::vector<Offer> offers_;
  std::uint64_t moves_seen_ = 0;
  TimePoint silent_since_{};  // nobody moved; no offer was given up either
  std::uint32_t slow_seen_ = 0;
  std::size_t lapse_next_ = 1;  // offers to give up at the next silence
};

}  // namespace btfast
