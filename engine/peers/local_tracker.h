// LocalTracker: a whole tracker for a closed network on one event loop: one table behind
// HTTP and UDP on the same port number, of both families where the machine has them.
//
// Threads:   its event loop's.
// Ownership: owns the table and both servers; destroyed before the loop.
// Bound:     net::TrackerLimits, and those of the servers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/tracker_server/http_tracker_server.h"
#include "net/tracker_server/tracker_table.h"
#include "net/tracker_server/udp_tracker_server.h"

namespace btfast {

struct LocalTrackerOptions {
  std::uint16_t port = 0;  // 0: any that is free in both protocols
  net::Endpoint bind;      // family kNone: every address
  net::TrackerLimits limits;
};

class LocalTracker {
 public:
  // kNetwork when it cannot listen.
  static Result<std::unique_ptr<LocalTracker>> open(net::EventLoop& loop,
                                                    LocalTrackerOptions const& options);

  std::uint16_t port() const noexcept { return http_->port(); }
  // What a torrent on this machine's network names: HTTP first, each family it listens on.
  std::vector<std::string> urls() const;
  net::TrackerTable const& table() const noexcept { return table_; }
  net::TrackerServerStats stats() const noexcept;

 private:
  LocalTracker(net::EventLoop& loop, LocalTrackerOptions const& options, std::uint64_t seed);
  Outcome listen(LocalTrackerOptions const& options);
  std::vector<net::Endpoint> endpoints() const;
  void sweep();

  net::EventLoop& loop_;
  net::TrackerTable table_;
  std::unique_ptr<net::HttpTrackerServer> http_;
  std::unique_ptr<net::UdpTrackerServer> udp_;
  net::Timer sweep_;
};

}  // namespace btfast
