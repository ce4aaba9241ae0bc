#include "engine/upload/super_seed.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace btfast {
namespace {

constexpr std::size_t kFreeAtOnce = 64;

}  // namespace

SuperSeed::SuperSeed(std::uint32_t piece_count, std::uint32_t thread, std::uint32_t threads,
                     PieceOffers& shared, Rng& rng)
    : piece_count_(piece_count), shared_(shared), fresh_(piece_count, thread, threads, rng) {}

// Of one who does not fetch it.
void SuperSeed::take_back(PieceIndex piece) {
  if (shared_.take_back(piece)) fresh_.add(piece);
}

// What other shards' peers took with them.
void SuperSeed::take_up_free() {
  std::uint32_t from = 0;
  while (fresh_.size() < kFreeAtOnce) {
    auto const piece = shared_.next_free(from);
    if (!piece) return;
    fresh_.add(*piece);
    from = piece->value + 1;
  }
}

void SuperSeed::add_peer(PeerHandle peer, TimePoint now) {
  peers_[peer] = {Bitfield{piece_count_}, Bitfield{piece_count_}, {}, now};
  shared_.add_peer();
  offer_all(now);
}

void SuperSeed::remove_peer(PeerHandle peer, bool seed, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  State const state = std::move(found->second);
  // It may have left us before we left it: to it, who has told it of everything is a seed.
  seed = seed || state.has.all();
  // Whoever got nothing from us may only say that it is a seed.  Other shards must know of it
  // before they find what it took along.
  if (seed && !state.told.none()) shared_.set_seed_elsewhere(true);
  peers_.erase(found);
  shared_.drop_peer();
  for (std::uint32_t p = 0; p < state.has.size(); ++p) {
    PieceIndex const piece{p};
    if (state.has.test(piece) && shared_.drop_holder(piece)) fresh_.add(piece);
  }
  for (Open const& open : state.open) {
    if (open.underway()) take_back(open.piece);
  }
  close_settled();
  offer_all(now);
}

void SuperSeed::on_have(PeerHandle peer, PieceIndex piece, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  note_moved(found->second, now);
  note_have(found->second, piece, now);
  close_settled();
  offer_all(now);
}

void SuperSeed::on_bitfield(PeerHandle peer, Bitfield const& has, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  if (!has.none()) note_moved(found->second, now);
  for (std::uint32_t p = 0; p < has.size(); ++p) {
    if (has.test(p)) note_have(found->second, PieceIndex{p}, now);
  }
  close_settled();
  offer_all(now);
}

void SuperSeed::on_asked(PeerHandle peer, PieceIndex piece, std::uint32_t bytes,
                         std::uint32_t piece_size, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  State& state = found->second;
  note_moved(state, now);
  for (Open& open : state.open) {
    if (open.piece != piece || open.delivered) continue;
    if (open.lapsed && open.asked == 0) shared_.count_slow();
    open.asked += bytes;
    open.since = now;
    if (open.asked < piece_size) return;
    deliver(state, piece, now);
    close_settled();
    return offer_all(now);
  }
}

void SuperSeed::note_have(State& state, PieceIndex piece, TimePoint now) {
  if (!state.told.test(piece)) state.trials = 0;
  deliver(state, piece, now);
}

void SuperSeed::deliver(State& state, PieceIndex piece, TimePoint now) {
  if (state.has.test(piece)) return;
  state.has.set(piece);
  shared_.add_holder(piece);
  for (Open& open : state.open) {
    if (open.piece != piece) continue;
    if (open.underway()) take_back(piece);
    open.delivered = true;
    open.since = now;
  }
}

// Another has the piece: that is the proof that it is passed on.  Or nobody is left to pass it to.
bool SuperSeed::settled(State const& state, Open const& open) const {
  if (open.delivered && shared_.peers() == 1) return true;
  return shared_.holders(open.piece) > (state.has.test(open.piece) ? 1 : 0);
}

void SuperSeed::close_settled() {
  for (auto& entry : peers_) {
    State& state = entry.second;  // a lambda of clang 14 takes no part of a binding
    std::erase_if(state.open, [&](Open const& open) {
      if (!settled(state, open)) return false;
      if (open.underway()) take_back(open.piece);
      return true;
    });
  }
}

void SuperSeed::note_moved(State& state, TimePoint now) {
  state.progress_at = silent_since_ = now;
  // What others moved meanwhile is seen at the next tick.
  if (shared_.count_move() == moves_seen_) ++moves_seen_;
}

// Its slot stays taken: who does not fetch what it was offered is offered nothing else.
void SuperSeed::lapse(Open& open) {
  open.lapsed = true;
  take_back(open.piece);
}

void SuperSeed::lapse_forgotten(State& state, TimePoint now) {
  for (Open& open : state.open) {
    if (open.underway() && now - open.since >= kPatience) lapse(open);
  }
}

// So long is taken for waiting.
Duration SuperSeed::silence() const noexcept {
  Duration silence = kIdle;
  for (std::uint32_t n = shared_.slow(); n > 0 && silence < kPatience; --n) silence *= 2;
  return std::min<Duration>(silence, kPatience);
}

// All may be waiting for what one of them does not fetch.
void SuperSeed::lapse_in_silence(TimePoint now) {
  std::uint64_t const moves = shared_.moves();
  if (std::exchange(moves_seen_, moves) != moves) silent_since_ = now;
  std::uint32_t const slow = shared_.slow();
  if (std::exchange(slow_seen_, slow) != slow) lapse_next_ = 1;
  auto const silent = [now, enough = silence()](TimePoint since) { return now - since >= enough; };
  if (!silent(silent_since_)) return;
  std::vector<Open*> waited_for;
  for (auto& [peer, state] : peers_) {
    for (Open& open : state.open) {
      if (open.underway() && open.asked == 0 && silent(open.since)) waited_for.push_back(&open);
    }
  }
  // Only one shard gives up at each silence.
  if (waited_for.empty() || !shared_.try_count_move(moves)) return;
  ++moves_seen_;
  std::ranges::stable_sort(waited_for, {}, [](Open const* open) { return open->since; });
  if (waited_for.size() > lapse_next_) waited_for.resize(lapse_next_);
  for (Open* open : waited_for) lapse(*open);
  silent_since_ = now;
  lapse_next_ = std::min<std::size_t>(2 * lapse_next_, piece_count_);
}

bool SuperSeed::waits_in_vain(State const& state, TimePoint now) {
  auto const fetched = [](Open const& open) { return open.delivered; };
  return std::ranges::all_of(state.open, fetched) && now - state.progress_at >= kIdle;
}

// It may be slow, or what it gets be told late: first it is given little.
void SuperSeed::doubt_seed_elsewhere(PeerHandle peer, State& state, TimePoint now) {
  if (!shared_.seed_elsewhere() || !waits_in_vain(state, now)) return;
  if (state.trials >= kTrials) {
    shared_.set_seed_elsewhere(false);
    return;
  }
  for (std::uint32_t more = state.trials + 1; more > 0 && offer_next(peer, state, now); --more) {
    ++state.trials;
  }
}

void SuperSeed::on_tick(TimePoint now) {
  close_settled();
  lapse_in_silence(now);
  for (auto& [peer, state] : peers_) {
    lapse_forgotten(state, now);
    doubt_seed_elsewhere(peer, state, now);
    std::erase_if(state.open,
                  [&](Open const& o) { return o.delivered && now - o.since >= kPatience; });
    if (now - state.progress_at >= kPatience) offer_rarest(peer, state, now);
  }
  if (fresh_.empty() && !peers_.empty()) take_up_free();
  offer_all(now);
}

// In turn, one each: no peer has its second before the others had a first.
void SuperSeed::offer_all(TimePoint now) {
  for (bool any = !shared_.seed_elsewhere(); any && !fresh_.empty();) {
    any = false;
    for (auto& [peer, state] : peers_) any = offer_fresh(peer, state, now) || any;
  }
}

bool SuperSeed::offer_fresh(PeerHandle peer, State& state, TimePoint now) {
  // Others may be about to come while the first has nothing yet.
  bool const alone = shared_.peers() == 1 && !state.has.none();
  if (state.open.size() >= (alone ? kOffersAlone : kOffersOpen)) return false;
  return offer_next(peer, state, now);
}

bool SuperSeed::offer_next(PeerHandle peer, State& state, TimePoint now) {
  while (auto const piece = fresh_.take()) {
    if (!shared_.try_offer(*piece)) continue;
    offer(peer, state, *piece, now);
    return true;
  }
  return false;
}

void SuperSeed::offer_rarest(PeerHandle peer, State& state, TimePoint now) {
  std::optional<PieceIndex> best;
  for (std::uint32_t p = 0; p < piece_count_; ++p) {
    PieceIndex const piece{p};
    if (state.has.test(piece) || state.told.test(piece)) continue;
    if (!best || shared_.known_by(piece) < shared_.known_by(*best)) best = piece;
  }
  state.progress_at = now;  // also when there is nothing: looked for again in a while
  if (!best) return;
  shared_.offer(*best);
  offer(peer, state, *best, now);
}

// It counts as offered already.
void SuperSeed::offer(PeerHandle peer, State& state, PieceIndex piece, TimePoint now) {
  state.told.set(piece);
  state.open.push_back({.piece = piece, .since = now});
  state.progress_at = now;
  offers_.push_back({peer, piece});
}

std::vector<SuperSeed::Offer> SuperSeed::take_offers() { return std::exchange(offers_, {}); }

bool SuperSeed::offered(PeerHandle peer, PieceIndex piece) const {
  auto const found = peers_.find(peer);
  return found != peers_.end() && piece.value < piece_count_ && found->second.told.test(piece);
}

}  // namespace btfast
