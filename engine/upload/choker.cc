#include "engine/upload/choker.h"

#include <algorithm>

namespace btfast {
namespace {

// The waiting time of a peer this new counts three times: it has nothing to give yet, and
// gets nothing without.
constexpr std::chrono::seconds kNewcomer{60};
constexpr int kNewcomerWeight = 3;

Duration waited(ChokePeer const& peer, TimePoint now) {
  Duration const time = now - (peer.unchoked ? now : peer.unchoked_since);
  return now - peer.connected_at < kNewcomer ? kNewcomerWeight * time : time;
}

bool contains(std::span<PeerHandle const> peers, PeerHandle peer) {
  return std::find(peers.begin(), peers.end(), peer) != peers.end();
}

std::vector<ChokePeer> interested_ones(std::span<ChokePeer const> peers) {
  std::vector<ChokePeer> out;
  std::copy_if(peers.begin(), peers.end(), std::back_inserter(out),
               [](ChokePeer const& p) { return p.interested; });
  return out;
}

std::vector<PeerHandle> first_handles(std::span<ChokePeer const> sorted, std::size_t count) {
  std::vector<PeerHandle> out;
  for (std::size_t i = 0; i < std::min(count, sorted.size()); ++i) out.push_back(sorted[i].peer);
  return out;
}

bool had_its_share(ChokePeer const& peer, TimePoint now) {
  Duration const served = now - peer.unchoked_since;
  bool const much = peer.bytes_up_unchoked >= Choker::kShareBytes && served >= Choker::kInterval;
  return peer.unchoked && (much || served >= Choker::kShareTime);
}

}  // namespace

ChokeDecision Choker::decide(std::span<ChokePeer const> peers, std::size_t slots, bool seeding,
                             TimePoint now) {
  ChokeDecision decision;
  if (slots == 0) return decision;
  if (seeding) {
    decision.unchoked = fair_turn(peers, slots, now);
    optimistic_.reset();
    return decision;
  }
  decision.unchoked = best_reciprocating(peers, slots - 1);
  decision.optimistic = optimistic_choice(peers, decision.unchoked, now);
  if (decision.optimistic) decision.unchoked.push_back(*decision.optimistic);
  return decision;
}

std::vector<PeerHandle> Choker::best_reciprocating(std::span<ChokePeer const> peers,
                                                   std::size_t slots) const {
  auto candidates = interested_ones(peers);
  std::erase_if(candidates, [](ChokePeer const& p) { return p.snubs_us; });
  // Who has a slot keeps it among equals: changing costs the peer its pipeline.
  std::stable_sort(candidates.begin(), candidates.end(), [](auto const& a, auto const& b) {
    if (a.bytes_down != b.bytes_down) return a.bytes_down > b.bytes_down;
    return a.unchoked && !b.unchoked;
  });
  return first_handles(candidates, slots);
}

std::vector<PeerHandle> Choker::fair_turn(std::span<ChokePeer const> peers, std::size_t slots,
                                          TimePoint now) const {
  auto candidates = interested_ones(peers);
  auto const rank = [now](ChokePeer const& p) {
    if (p.unchoked && !had_its_share(p, now)) return 0;
    return p.unchoked ? 2 : 1;
  };
  std::stable_sort(candidates.begin(), candidates.end(), [&](auto const& a, auto const& b) {
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    return a.unchoked_since < b.unchoked_since;  // waited, or served, longest
  });
  return first_handles(candidates, slots);
}

std::optional<PeerHandle> Choker::optimistic_choice(std::span<ChokePeer const> peers,
                                                    std::span<PeerHandle const> chosen,
                                                    TimePoint now) {
  ChokePeer const* next = nullptr;
  bool still_there = false;
  for (auto const& p : peers) {
    if (!p.interested || contains(chosen, p.peer)) continue;
    if (p.peer == optimistic_) {
      still_there = true;
    } else if (next == nullptr || waited(p, now) > waited(*next, now)) {
      next = &p;
    }
  }
  // It had its turn when the time is up, unless it is the only one.
  if (still_there && (now < optimistic_until_ || next == nullptr)) return optimistic_;
  optimistic_.reset();
  if (next == nullptr) return std::nullopt;
  optimistic_ = next->peer;
  optimistic_until_ = now + kOptimisticInterval;
  return optimistic_;
}

void SlotCount::on_interval(std::uint64_t bytes_up, std::size_t used,
                            std::size_t wanting) noexcept {
  bool const all_taken = used >= slots_ && wanting > used;
  bool const faster = bytes_up > bytes_before_ + bytes_before_ / 20;
  bool const slower = bytes_up + bytes_before_ / 20 < bytes_before_;
  bytes_before_ = bytes_up;
  if (all_taken && faster && slots_ < kCeiling) ++slots_;
  if (slower && slots_ > kFloor) --slots_;
}

}  // namespace btfast
