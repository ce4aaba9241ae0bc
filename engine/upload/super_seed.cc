#include "engine/upload/super_seed.h"

#include <algorithm>
#include <span>
#include <utility>

namespace btfast {
namespace {

constexpr std::size_t kFreeAtOnce = 64;
// Of one peer, so that what it is told again and again has an end.
constexpr std::size_t kReopened = 32;
// Fresh pieces that a peer was told of already are left to others.
constexpr int kSkipped = 8;
constexpr std::uint32_t kStepsAPiece = 16;
constexpr std::uint32_t kStepMost = 16 * 1024;

// So many bytes asked for are a move: a block, or less of a small piece.
std::uint32_t step(std::uint32_t piece_size) noexcept {
  return std::clamp<std::uint32_t>(piece_size / kStepsAPiece, 1, kStepMost);
}

}  // namespace

SuperSeed::SuperSeed(std::uint32_t piece_count, std::uint32_t thread, std::uint32_t threads,
                     PieceOffers& shared, Rng& rng)
    : piece_count_(piece_count), shared_(shared), fresh_(piece_count, thread, threads, rng) {}

void SuperSeed::give_back(Open& open) {
  if (!std::exchange(open.counted, false)) return;
  if (shared_.take_back(open.piece)) fresh_.add(open.piece);
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
  peers_.insert_or_assign(peer, State{.has = Bitfield{piece_count_},
                                      .told = Bitfield{piece_count_},
                                      .evidence = PeerEvidence{now},
                                      .progress_at = now});
  shared_.add_taker();
  offer_all(now);
}

void SuperSeed::remove_peer(PeerHandle peer, bool seed, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  State state = std::move(found->second);
  // It may have left us before we left it: to it, who has told it of everything is a seed.
  seed = seed || state.has.all();
  // Whoever fetched nothing of us may only say that it is a seed.  Other shards must know of it
  // before they find what it took along.
  if (seed) shared_.believe_seed(state.fetched);
  peers_.erase(found);
  set_taker(state, false);
  for (std::uint32_t p = 0; p < state.has.size(); ++p) {
    PieceIndex const piece{p};
    if (state.has.test(piece) && shared_.drop_holder(piece)) fresh_.add(piece);
  }
  for (Open& open : state.open) give_back(open);
  close_settled();
  offer_all(now);
}

void SuperSeed::on_have(PeerHandle peer, PieceIndex piece, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  note_moved(found->second, now);
  if (note_have(found->second, piece, now)) found->second.evidence.on_fed(now);
  close_settled();
  offer_all(now);
}

void SuperSeed::on_bitfield(PeerHandle peer, Bitfield const& has, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end() || has.none()) return;
  State& state = found->second;
  // What it brought along nobody gave it here.
  bool const brought = state.has.none();
  bool fed = false;
  note_moved(state, now);
  for (std::uint32_t p = 0; p < has.size(); ++p) {
    if (has.test(p)) fed = note_have(state, PieceIndex{p}, now) || fed;
  }
  if (fed && !brought) state.evidence.on_fed(now);
  close_settled();
  offer_all(now);
}

// What it was told of and others had since, it may still ask us for.
SuperSeed::Open* SuperSeed::open_of(State& state, PieceIndex piece, TimePoint now) {
  if (!state.told.test(piece) || state.has.test(piece)) return nullptr;
  auto const found = std::ranges::find(state.open, piece, &Open::piece);
  if (found != state.open.end()) return &*found;
  if (state.open.size() >= kReopened) return nullptr;
  state.open.push_back({.piece = piece, .since = now, .taken = shared_.taken(), .counted = false});
  return &state.open.back();
}

void SuperSeed::on_asked(PeerHandle peer, PieceIndex piece, std::uint32_t bytes,
                         std::uint32_t piece_size, TimePoint now) {
  auto const found = peers_.find(peer);
  if (found == peers_.end()) return;
  State& state = found->second;
  Open* const open = open_of(state, piece, now);
  if (open == nullptr) return;
  open->asked += bytes;
  auto const steps = std::exchange(open->steps, open->asked / step(piece_size));
  bool const all = open->asked >= piece_size;
  if (!all && steps == open->steps) return;
  if (open->lapsed && steps == 0) shared_.count_slow();
  open->since = now;
  note_moved(state, now);
  if (!all) return;
  ++state.fetched;
  shared_.count_taken();
  deliver(state, piece, now);
  close_settled();
  offer_all(now);
}

// Whether it got the piece from someone else, and that not by way of one who was tried.
bool SuperSeed::note_have(State& state, PieceIndex piece, TimePoint now) {
  if (state.has.test(piece)) return false;
  bool const asked = std::ranges::any_of(
      state.open, [&](Open const& open) { return open.piece == piece && open.asked > 0; });
  deliver(state, piece, now);
  return !asked && !shared_.tried(piece);
}

void SuperSeed::deliver(State& state, PieceIndex piece, TimePoint now) {
  if (state.has.test(piece)) return;
  state.has.set(piece);
  shared_.add_holder(piece);
  for (Open& open : state.open) {
    if (open.piece != piece) continue;
    give_back(open);
    open.delivered = true;
    open.since = now;
  }
}

// Another has the piece: that is the proof that it is passed on.
bool SuperSeed::proved(State const& state, PieceIndex piece) const {
  return shared_.holders(piece) > (state.has.test(piece) ? 1 : 0);
}

// Or nobody is left to pass it to, or it passes nothing on.
bool SuperSeed::settled(State const& state, Open const& open) const {
  if (open.trial) return open.delivered || open.lapsed;
  if (open.delivered && (shared_.takers() <= 1 || state.evidence.passes_nothing_on())) return true;
  // Who is about to fetch it from us will have it.
  bool const fetches = open.underway() && open.asked > 0;
  return !fetches && proved(state, open.piece);
}

void SuperSeed::close_settled() {
  for (auto& entry : peers_) {
    State& state = entry.second;  // a lambda of clang 14 takes no part of a binding
    std::erase_if(state.open, [&](Open& open) {
      if (!settled(state, open)) return false;
      if (open.delivered && !open.trial && proved(state, open.piece)) state.evidence.on_proved();
      give_back(open);
      return true;
    });
  }
}

void SuperSeed::note_moved(State& state, TimePoint now) {
  state.progress_at = silent_since_ = now;
  set_taker(state, true);
  // What others moved meanwhile is seen at the next tick.
  if (shared_.count_move() == moves_seen_) ++moves_seen_;
}

void SuperSeed::set_taker(State& state, bool taker) {
  if (std::exchange(state.taker, taker) == taker) return;
  taker ? shared_.add_taker() : shared_.drop_taker();
}

// Its slot stays taken: who does not fetch what it was offered is offered nothing else.
void SuperSeed::lapse(State& state, Open& open, TimePoint now) {
  open.lapsed = true;
  give_back(open);
  if (open.steps == 0) set_taker(state, false);
  if (!open.trial) return;
  // It fetches nothing, or got it elsewhere without a word.
  state.evidence.forget_trials();
  state.try_at = now + kPatience;
}

void SuperSeed::lapse_forgotten(State& state, TimePoint now) {
  std::uint64_t const overtaken = kOvertaken * shared_.takers();
  for (Open& open : state.open) {
    if (!open.underway()) continue;
    if (now - open.since >= kPatience || shared_.taken() - open.taken >= overtaken) {
      lapse(state, open, now);
    }
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
  std::vector<std::pair<State*, Open*>> waited_for;
  for (auto& [peer, state] : peers_) {
    for (Open& open : state.open) {
      if (open.underway() && open.steps == 0 && silent(open.since)) {
        waited_for.emplace_back(&state, &open);
      }
    }
  }
  // Only one shard gives up at each silence.
  if (waited_for.empty() || !shared_.try_count_move(moves)) return;
  ++moves_seen_;
  std::ranges::stable_sort(waited_for, {}, [](auto const& one) { return one.second->since; });
  if (waited_for.size() > lapse_next_) waited_for.resize(lapse_next_);
  for (auto const& [state, open] : waited_for) lapse(*state, *open, now);
  silent_since_ = now;
  lapse_next_ = std::min<std::size_t>(2 * lapse_next_, piece_count_);
}

void SuperSeed::give_up_proofs(State& state, TimePoint now) {
  auto const late = [&](PieceIndex piece) { return proved(state, piece); };
  if (std::ranges::any_of(state.evidence.unproved(), late)) state.evidence.on_late_proof();
  std::erase_if(state.open, [&](Open const& open) {
    if (!open.delivered || now - open.since < state.evidence.proof_patience()) return false;
    state.evidence.on_unproved(open.piece);
    return true;
  });
}

// It may be slow, or what it gets be told late: first it is given little.
void SuperSeed::try_out(PeerHandle peer, State& state, TimePoint now) {
  auto const undelivered = [](Open const& open) { return !open.delivered; };
  if (now < state.try_at || state.has.all()) return;
  if (std::ranges::any_of(state.open, undelivered)) return;
  // Who waits for proof gets of the fresh ones when that comes, or is given up.
  if (!shared_.seed_elsewhere() && !state.open.empty() && shared_.any_free()) return;
  bool const cut_off = state.evidence.cut_off();
  Duration const patience =
      shared_.seed_elsewhere() ? Duration{kIdle} : state.evidence.fed_patience();
  if (!cut_off && now - state.progress_at < patience) return;
  if (cut_off) shared_.doubt_seed();
  // What is only underway to others may be slow.
  bool const held = now - state.progress_at < kPatience;
  std::size_t const most = std::min<std::size_t>(state.evidence.trials() + 1, kTrialsAtOnce);
  std::size_t tried = 0;
  while (tried < most && offer_next(peer, state, now)) {
    ++tried;
  }
  for (PieceIndex const piece : shared_.rarest(state.has, state.told, most - tried, held)) {
    shared_.offer(piece);
    offer(peer, state, piece, now);
    ++tried;
  }
  for (Open& open : std::span{state.open}.last(tried)) {
    open.trial = true;
    shared_.set_tried(open.piece);
  }
  state.evidence.count_trials(tried);
  if (tried == 0) state.try_at = now + kIdle;
}

void SuperSeed::on_tick(TimePoint now) {
  close_settled();
  lapse_in_silence(now);
  for (auto& [peer, state] : peers_) {
    lapse_forgotten(state, now);
    give_up_proofs(state, now);
  }
  if (fresh_.empty() && !peers_.empty()) take_up_free();
  offer_all(now);
  for (auto& [peer, state] : peers_) try_out(peer, state, now);
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
  bool const alone = shared_.takers() <= 1 && state.taker && !state.has.none();
  if (state.open.size() >= (alone ? kOffersAlone : kOffersOpen)) return false;
  return offer_next(peer, state, now);
}

bool SuperSeed::offer_next(PeerHandle peer, State& state, TimePoint now) {
  for (int skipped = 0; skipped < kSkipped;) {
    auto const piece = fresh_.take();
    if (!piece) return false;
    if (state.told.test(*piece)) {
      if (shared_.known_by(*piece) == 0) fresh_.add(*piece);
      ++skipped;
    } else if (shared_.try_offer(*piece)) {
      offer(peer, state, *piece, now);
      return true;
    }
  }
  return false;
}

// It counts as offered already.
void SuperSeed::offer(PeerHandle peer, State& state, PieceIndex piece, TimePoint now) {
  state.told.set(piece);
  state.open.push_back({.piece = piece, .since = now, .taken = shared_.taken()});
  state.progress_at = now;
  offers_.push_back({peer, piece});
}

std::vector<SuperSeed::Offer> SuperSeed::take_offers() { return std::exchange(offers_, {}); }

bool SuperSeed::offered(PeerHandle peer, PieceIndex piece) const {
  auto const found = peers_.find(peer);
  return found != peers_.end() && piece.value < piece_count_ && found->second.told.test(piece);
}

}  // namespace btfast
