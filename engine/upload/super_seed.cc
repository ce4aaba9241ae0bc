#include "engine/upload/super_seed.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace btfast {
namespace {

constexpr std::size_t kReturnedAtOnce = 64;

}  // namespace

SuperSeed::SuperSeed(std::uint32_t piece_count, std::uint32_t thread, std::uint32_t threads,
                     PieceOffers& shared, Rng& rng)
    : shared_(shared), ours_(piece_count), holders_(piece_count, 0), underway_(piece_count, 0) {
  for (std::uint32_t p = 0; p < piece_count; ++p) fresh_.push_back(PieceIndex{p});
  std::shuffle(fresh_.begin(), fresh_.end(), rng);
  std::stable_partition(fresh_.begin(), fresh_.end(),
                        [&](PieceIndex p) { return p.value % threads == thread; });
}

bool SuperSeed::unknown(PieceIndex piece) const noexcept {
  return holders_[piece.value] == 0 && underway_[piece.value] == 0;
}

// Another shard may have it: its peers are others.
bool SuperSeed::try_take(PieceIndex piece) noexcept {
  if (!ours_.test(piece) && !shared_.try_take(piece)) return false;
  ours_.set(piece);
  return true;
}

// The last who had it, or was to have it, is gone.
void SuperSeed::renew(PieceIndex piece) {
  if (!unknown(piece)) return;
  fresh_.push_back(piece);
  if (!ours_.test(piece)) return;
  ours_.reset(piece.value);
  shared_.give_back(piece);
}

// What other shards gave back: their peers left.
void SuperSeed::take_up_returned() {
  std::uint32_t from = 0;
  while (fresh_.size() < kReturnedAtOnce) {
    auto const piece = shared_.next_free(from);
    if (!piece) return;
    if (unknown(*piece)) fresh_.push_back(*piece);
    from = piece->value + 1;
  }
}

void SuperSeed::add_peer(PeerHandle peer, TimePoint now) {
  auto const pieces = static_cast<std::uint32_t>(holders_.size());
  peers_[peer] = {Bitfield{pieces}, Bitfield{pieces}, {}, now};
  offer_all(now);
}

void SuperSeed::remove_peer(PeerHandle peer, bool seed, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  State const state = std::move(found->second);
  // Whoever got nothing from us may only say that it is a seed.
  if (seed && !state.told.none()) seed_elsewhere_ = true;
  peers_.erase(found);
  for (std::uint32_t p = 0; p < state.has.size(); ++p) {
    PieceIndex const piece{p};
    if (!state.has.test(piece)) continue;
    --holders_[p];
    renew(piece);
  }
  for (Open const& open : state.open) {
    if (!open.underway()) continue;
    --underway_[open.piece.value];
    renew(open.piece);
  }
  if (peers_.size() == 1) {  // nobody is left to pass anything on to
    std::erase_if(peers_.begin()->second.open, [](Open const& open) { return open.delivered; });
  }
  offer_all(now);
}

void SuperSeed::on_have(PeerHandle peer, PieceIndex piece, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  note_have(peer, found->second, piece, now);
  offer_all(now);
}

void SuperSeed::on_bitfield(PeerHandle peer, Bitfield const& has, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  for (std::uint32_t p = 0; p < has.size(); ++p) {
    if (has.test(p)) note_have(peer, found->second, PieceIndex{p}, now);
  }
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
    if (open.lapsed && open.asked == 0) note_slow();
    open.asked += bytes;
    open.since = now;
    if (open.asked < piece_size) return;
    deliver(state, piece, now);
    return offer_all(now);
  }
}

void SuperSeed::note_have(PeerHandle peer, State& state, PieceIndex piece, TimePoint now) {
  note_moved(state, now);
  if (!state.told.test(piece)) state.trials = 0;
  deliver(state, piece, now);
  // For all others it is the proof that the piece is passed on.
  for (auto& [other, its] : peers_) {
    if (other != peer) close_offers(its, piece);
  }
}

void SuperSeed::deliver(State& state, PieceIndex piece, TimePoint now) {
  if (state.has.test(piece)) return;
  state.has.set(piece);
  ++holders_[piece.value];
  for (Open& open : state.open) {
    if (open.piece != piece) continue;
    if (open.underway()) --underway_[piece.value];
    open.delivered = true;
    open.since = now;
  }
  if (holders_[piece.value] > 1 || peers_.size() == 1) close_offers(state, piece);
}

void SuperSeed::close_offers(State& state, PieceIndex piece) {
  std::erase_if(state.open, [&](Open const& open) {
    if (open.piece != piece) return false;
    if (open.underway()) --underway_[piece.value];
    return true;
  });
}

void SuperSeed::note_moved(State& state, TimePoint now) {
  state.progress_at = silent_since_ = now;
  shared_.count_move();
  ++own_moves_;
}

// Its slot stays taken: who does not fetch what it was offered is offered nothing else.
void SuperSeed::lapse(Open& open) {
  open.lapsed = true;
  --underway_[open.piece.value];
  renew(open.piece);
}

void SuperSeed::lapse_forgotten(State& state, TimePoint now) {
  for (Open& open : state.open) {
    if (open.underway() && now - open.since >= kPatience) lapse(open);
  }
}

// All may be waiting for what one of them does not fetch.
void SuperSeed::lapse_in_silence(TimePoint now) {
  std::uint64_t const others = shared_.moves() - own_moves_;
  if (std::exchange(others_moves_, others) != others) silent_since_ = now;
  auto const silent = [&](TimePoint since) { return now - since >= silence_; };
  if (!silent(silent_since_)) return;
  std::vector<Open*> waited_for;
  for (auto& [peer, state] : peers_) {
    for (Open& open : state.open) {
      if (open.underway() && open.asked == 0 && silent(open.since)) waited_for.push_back(&open);
    }
  }
  if (waited_for.empty()) return;
  std::ranges::stable_sort(waited_for, {}, [](Open const* open) { return open->since; });
  if (waited_for.size() > lapse_next_) waited_for.resize(lapse_next_);
  for (Open* open : waited_for) lapse(*open);
  silent_since_ = now;
  lapse_next_ = std::min(2 * lapse_next_, holders_.size());
}

void SuperSeed::note_slow() noexcept {
  silence_ = std::min<Duration>(2 * silence_, kPatience);
  lapse_next_ = 1;
}

bool SuperSeed::waits_in_vain(State const& state, TimePoint now) {
  auto const fetched = [](Open const& open) { return open.delivered; };
  return std::ranges::all_of(state.open, fetched) && now - state.progress_at >= kIdle;
}

// It may be slow, or what it gets be told late: first it is given little.
void SuperSeed::doubt_seed_elsewhere(PeerHandle peer, State& state, TimePoint now) {
  if (!seed_elsewhere_ || !waits_in_vain(state, now)) return;
  if (state.trials >= kTrials) {
    seed_elsewhere_ = false;
    return;
  }
  for (std::uint32_t more = state.trials + 1; more > 0 && offer_next(peer, state, now); --more) {
    ++state.trials;
  }
}

void SuperSeed::on_tick(TimePoint now) {
  lapse_in_silence(now);
  for (auto& [peer, state] : peers_) {
    lapse_forgotten(state, now);
    doubt_seed_elsewhere(peer, state, now);
    std::erase_if(state.open,
                  [&](Open const& o) { return o.delivered && now - o.since >= kPatience; });
    if (now - state.progress_at >= kPatience) offer_rarest(peer, state, now);
  }
  if (fresh_.empty() && !peers_.empty()) take_up_returned();
  offer_all(now);
}

// In turn, one each: no peer has its second before the others had a first.
void SuperSeed::offer_all(TimePoint now) {
  for (bool any = !seed_elsewhere_; any && !fresh_.empty();) {
    any = false;
    for (auto& [peer, state] : peers_) any = offer_fresh(peer, state, now) || any;
  }
}

bool SuperSeed::offer_fresh(PeerHandle peer, State& state, TimePoint now) {
  // Others may be about to come while the first has nothing yet.
  bool const alone = peers_.size() == 1 && !state.has.none();
  if (state.open.size() >= (alone ? kOffersAlone : kOffersOpen)) return false;
  return offer_next(peer, state, now);
}

bool SuperSeed::offer_next(PeerHandle peer, State& state, TimePoint now) {
  while (!fresh_.empty()) {
    PieceIndex const piece = fresh_.front();
    fresh_.pop_front();
    if (!unknown(piece) || !try_take(piece)) continue;
    offer(peer, state, piece, now);
    return true;
  }
  return false;
}

void SuperSeed::offer_rarest(PeerHandle peer, State& state, TimePoint now) {
  auto const weight = [&](std::uint32_t p) { return holders_[p] + underway_[p]; };
  std::optional<std::uint32_t> best;
  for (std::uint32_t p = 0; p < holders_.size(); ++p) {
    if (state.has.test(p) || state.told.test(p)) continue;
    if (!best || weight(p) < weight(*best)) best = p;
  }
  state.progress_at = now;  // also when there is nothing: looked for again in a while
  if (best) offer(peer, state, PieceIndex{*best}, now);
}

void SuperSeed::offer(PeerHandle peer, State& state, PieceIndex piece, TimePoint now) {
  state.told.set(piece);
  state.open.push_back({.piece = piece, .since = now});
  state.progress_at = now;
  ++underway_[piece.value];
  offers_.push_back({peer, piece});
}

std::vector<SuperSeed::Offer> SuperSeed::take_offers() { return std::exchange(offers_, {}); }

bool SuperSeed::offered(PeerHandle peer, PieceIndex piece) const {
  auto const found = peers_.find(peer);
  return found != peers_.end() && piece.value < holders_.size() && found->second.told.test(piece);
}

}  // namespace btfast
