// Choker: whom to unchoke, decided for a whole torrent from one snapshot of its peers.
// A pure decision: no clocks, no sockets; the same input gives the same answer.
//
// Leeching (BEP 3's tit-for-tat): the peers that send us most, less those that snub us, and
// one optimistic unchoke, so that a newcomer can show what it has.  Seeding: in turn.  A
// peer keeps its slot until it has had its share, then the one that waited longest is next;
// who sends fast is not preferred, for a seed gains nothing from it.
//
// Threads: the control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/types.h"
#include "engine/swarm/choke_peer.h"

namespace btfast {

struct ChokeDecision {
  std::vector<PeerHandle> unchoked;      // everyone else is choked
  std::optional<PeerHandle> optimistic;  // one of them
};

class Choker {
 public:
  // Every kInterval, or more often while seeding.  `slots` > 0 counts the optimistic one.
  ChokeDecision decide(std::span<ChokePeer const> peers, std::size_t slots, bool seeding,
                       TimePoint now);

  static constexpr std::chrono::seconds kInterval{10};
  static constexpr std::chrono::seconds kOptimisticInterval{30};
  // A seed's share: this long, or this much and not sooner than kInterval.
  static constexpr std::chrono::seconds kShareTime{30};
  static constexpr std::uint64_t kShareBytes = 16 * kMiB;

 private:
  std::vector<PeerHandle> best_reciprocating(std::span<ChokePeer const> peers,
                                             std::size_t slots) const;
  std::vector<PeerHandle> fair_turn(std::span<ChokePeer const> peers, std::size_t slots,
                                    TimePoint now) const;
  std::optional<PeerHandle> optimistic_choice(std::span<ChokePeer const> peers,
                                              std::span<PeerHandle const> chosen, TimePoint now);

  std::optional<PeerHandle> optimistic_;
  TimePoint optimistic_until_{};
};

// SlotCount: how many slots "auto" is while leeching (engine/upload/seed_slots.h for a seed).
// One more when all are taken and the last one more raised the total rate; one less when it did
// not.
class SlotCount {
 public:
  static constexpr std::size_t kStart = 8;
  static constexpr std::size_t kFloor = 4;
  static constexpr std::size_t kCeiling = 200;

  std::size_t slots() const noexcept { return slots_; }
  // After each interval: what all unchoked peers got, and how many slots were in use.
  void on_interval(std::uint64_t bytes_up, std::size_t used, std::size_t wanting) noexcept;

 private:
  std::size_t slots_ = kStart;
  std::uint64_t bytes_before_ = 0;
};

}  // namespace btfast
