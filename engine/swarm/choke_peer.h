// ChokePeer: what a choke round is decided from, of one peer.
//
// Threads: plain data; filled by a net thread, read by the control thread.
#pragma once

#include <cstdint>

#include "engine/base/clock.h"
#include "engine/base/types.h"

namespace btfast {

// One peer as its net thread saw it over the last interval.
struct ChokePeer {
  PeerHandle peer;
  bool interested = false;              // in us
  bool unchoked = false;                // by us
  bool snubs_us = false;                // owes us blocks and sends none
  bool fetching = false;                // got something in the interval, or is to get it
  std::uint64_t bytes_down = 0;         // it sent us in the interval
  std::uint64_t bytes_up = 0;           // we sent it in the interval
  std::uint64_t bytes_up_unchoked = 0;  // since it was last unchoked
  TimePoint unchoked_since{};           // or, when choked, since when it has waited, or will
  TimePoint connected_at{};
};

}  // namespace btfast
