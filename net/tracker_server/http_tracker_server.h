// HttpTrackerServer: a TrackerTable behind HTTP (BEP 3, 7, 23, 48): GET /announce and
// GET /scrape, on one port of both families.
//
// Threads:   its event loop's.
// Ownership: owns its listener and connections; the table outlives it.
// Bound:     kConnections in all, kPerAddress of one address; more are closed unheard.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/expected.h"
#include "net/listener.h"
#include "net/tracker_server/http_connection.h"
#include "net/tracker_server/tracker_table.h"

namespace btfast::net {

struct TrackerServerStats {
  std::uint64_t announces = 0;
  std::uint64_t scrapes = 0;
  std::uint64_t refused = 0;  // what was not understood, and what there was no room for
};

class HttpTrackerServer {
 public:
  static constexpr std::size_t kConnections = 1024;
  static constexpr std::size_t kPerAddress = 256;

  // kBusy when the port is taken.
  static Result<std::unique_ptr<HttpTrackerServer>> open(EventLoop& loop,
                                                         ListenRequest const& request,
                                                         TrackerTable& table);

  std::uint16_t port() const noexcept { return listener_->port(); }
  Endpoint endpoint(Family family) const noexcept { return listener_->endpoint(family); }
  TrackerServerStats const& stats() const noexcept { return stats_; }
  std::size_t connection_count() const noexcept { return connections_.size(); }

 private:
  HttpTrackerServer(EventLoop& loop, TrackerTable& table);

  void welcome(Accepted accepted);
  void on_done(HttpConnection& connection);
  std::vector<std::byte> answer(HttpConnection const& connection, std::string_view request);
  std::vector<std::byte> announce(Endpoint const& remote, std::string_view query);
  std::vector<std::byte> scrape(std::string_view query);
  std::vector<std::byte> refuse(std::string_view reason);

  EventLoop& loop_;
  TrackerTable& table_;
  TrackerServerStats stats_;
  std::unordered_map<HttpConnection*, std::unique_ptr<HttpConnection>> connections_;
  std::unordered_map<Endpoint, std::size_t, EndpointHash> per_address_;  // port 0
  std::vector<std::unique_ptr<HttpConnection>> done_;                    // until bury_ fires
  Timer bury_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace btfast::net
