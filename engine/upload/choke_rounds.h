// ChokeRounds: asks each net thread what its peers did, lets the Choker decide for the whole
// torrent, and tells each thread whom to unchoke.  Every ten seconds while leeching, for
// tit-for-tat needs time to compare; every second while seeding, so that no slot is idle.
//
// Threads: the control thread; the net threads answer by report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/config.h"
#include "engine/upload/choker.h"
#include "engine/upload/seed_slots.h"
#include "net/event_loop.h"

namespace btfast {

class ChokeRounds {
 public:
  struct Actions {
    std::function<void()> ask;  // every net thread, for a snapshot
    std::function<void(std::vector<PeerHandle> const& unchoked)> apply;
    std::function<void(std::uint32_t slots)> set_slots;
    std::function<bool()> seeding;
  };

  ChokeRounds(net::EventLoop& loop, EngineConfig const& config, std::size_t net_threads,
              Actions actions);

  void start();
  void stop();
  // One net thread's answer.
  void on_snapshot(std::span<ChokePeer const> peers);

 private:
  void look();
  std::uint32_t slots() const noexcept;
  void decide();

  net::EventLoop& loop_;
  std::uint32_t const fixed_slots_;  // 0: auto
  std::size_t const net_threads_;
  Actions const actions_;
  Choker choker_;
  SlotCount leech_slots_;
  SeedSlots seed_slots_;
  bool seeding_ = false;          // at the last look
  std::vector<ChokePeer> peers_;  // of the round under way
  std::size_t answers_ = 0;
  TimePoint asked_{};  // when the last round began
  net::Timer timer_;
};

}  // namespace btfast
