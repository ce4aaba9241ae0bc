// SimNetwork and SimReactor: hosts, links and TCP streams on one thread, moved by a
// seeded Rng and a ManualClock, so that the same seed is the same run.
//
// What it is faithful to: streams in order, cut into random segments; latency; windows
// that fill up and open when the reader has read; connections accepted, refused or never
// answered; FIN after the data, RST at once; descriptors numbered from the lowest free.
// Nothing is lost or reordered: TCP hides that, and shows it as delay.
//
// Threads:   one.
// Ownership: the network outlives its reactors; a destroyed reactor closes its sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "net/reactor.h"
#include "tests/support/sim_stream.h"

namespace btfast::net {

class SimReactor;

struct SimNetworkConfig {
  Duration latency_min = std::chrono::milliseconds{1};
  Duration latency_max = std::chrono::milliseconds{30};
  std::size_t window_bytes = 128 * 1024;  // sent and not yet read by the other side
  std::uint32_t segment_bytes_max = 16 * 1024;
  Duration connect_timeout = std::chrono::seconds{130};  // of an address nobody has
};

class SimNetwork {
 public:
  SimNetwork(ManualClock& clock, std::uint64_t seed, SimNetworkConfig const& config = {});
  ~SimNetwork();
  SimNetwork(SimNetwork const&) = delete;
  SimNetwork& operator=(SimNetwork const&) = delete;

  // When the next packet arrives; empty when none is under way.
  std::optional<TimePoint> next_arrival() const;
  // Moves the clock to the next arrival and delivers it; false when there is none.
  bool step();

  // Between two addresses (ports do not matter) nothing arrives until heal(); then
  // everything does, late.
  void cut(Endpoint const& a, Endpoint const& b);
  void heal(Endpoint const& a, Endpoint const& b);

  // Of everything delivered, when, whence and whither: equal for equal runs.
  std::uint64_t trace() const noexcept { return trace_; }
  std::uint64_t packets_delivered() const noexcept { return packets_delivered_; }

  ManualClock const& clock() const noexcept { return clock_; }
  Rng& rng() noexcept { return rng_; }
  SimNetworkConfig const& config() const noexcept { return config_; }

 private:
  friend class SimReactor;  // a host: it sends, and is found by its address

  struct Arrival {
    TimePoint when;
    std::uint64_t sequence = 0;  // equal times: in the order sent
    std::shared_ptr<SimStream> to;
    bool operator<(Arrival const& other) const noexcept {  // the earliest is the greatest
      return std::pair{when, sequence} > std::pair{other.when, other.sequence};
    }
  };
  using Link = std::pair<Endpoint, Endpoint>;

  SimReactor* host_at(Endpoint const& endpoint) const;
  // In order behind what is already on its way to `to`.
  void send(std::shared_ptr<SimStream> const& to, SimPacket packet);
  void send_bytes(std::shared_ptr<SimStream> const& to, std::vector<std::byte> bytes);
  void schedule(std::shared_ptr<SimStream> const& to, SimPacket& packet, TimePoint not_before);
  void deliver(std::shared_ptr<SimStream> const& to);
  void deliver_syn(std::shared_ptr<SimStream> const& client);
  void record(SimStream const& to, SimPacket const& packet);
  Duration latency();
  static Link link(Endpoint const& a, Endpoint const& b);

  ManualClock& clock_;
  Rng rng_;
  SimNetworkConfig const config_;
  std::map<Endpoint, SimReactor*> hosts_;  // by address with port 0
  std::set<Link> cut_;
  std::priority_queue<Arrival> arrivals_;
  std::vector<std::shared_ptr<SimStream>> held_;  // have packets behind a cut
  std::uint64_t sequence_ = 0;
  std::uint64_t trace_ = 0xcbf29ce484222325;
  std::uint64_t packets_delivered_ = 0;
};

}  // namespace btfast::net
