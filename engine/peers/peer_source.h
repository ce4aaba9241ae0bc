// PeerSource: the seam through which peer addresses arrive (trackers; later DHT,
// PEX, local discovery).  A source may name the same peer again; PeerList dedupes.
//
// Threads: the control thread, both ways.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "net/endpoint.h"

namespace btfast {

enum class PeerOrigin : std::uint8_t { kTracker, kManual, kIncoming };
std::string_view peer_origin_name(PeerOrigin origin) noexcept;

// What a source reports of us (BEP 3 announce), read when it announces.
struct TransferTotals {
  std::uint64_t bytes_down = 0;  // payload, hash failures included
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_left = 0;
};

// Why a source is asked for more peers.
enum class PeerNeed : std::uint8_t {
  kMore,     // there are a few, and nobody is left to connect to
  kAny,      // there is none
  kLostAll,  // the last of those there were has just gone
};

class PeerSource {
 public:
  using Sink = std::function<void(PeerOrigin, std::span<net::Endpoint const>)>;
  using Totals = std::function<TransferTotals()>;

  virtual ~PeerSource() = default;
  virtual void start(Sink sink, Totals totals) = 0;
  // The swarm ran dry: ask sooner than planned, as far as the source's rules allow.  Said again
  // and again while it lasts, but for kLostAll.
  virtual void want_peers(PeerNeed need) = 0;
  // The last wanted piece passed (sent once per download).
  virtual void completed() = 0;
  // Says good-bye; `done` is called exactly once, soon, whatever the other side does.
  // After it the sink is never called.
  virtual void stop(std::function<void()> done) = 0;
};

}  // namespace btfast
