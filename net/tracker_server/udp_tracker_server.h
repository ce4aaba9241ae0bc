// UdpTrackerServer: a TrackerTable behind UDP (BEP 15), on one port of both families.
// Keeps nothing of who connects (net/tracker_server/connection_ids.h), and never answers
// with more bytes than came to an address that is not known to be the asker's.
//
// Threads:   its event loop's.
// Ownership: owns its sockets; the table outlives it.
// Bound:     kDatagramsPerTurn of each family; an answer fits kAnswerBytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/expected.h"
#include "net/event_loop.h"
#include "net/tracker_server/connection_ids.h"
#include "net/tracker_server/http_tracker_server.h"
#include "net/tracker_server/tracker_table.h"
#include "net/tracker_server/udp_request.h"

namespace btfast::net {

class UdpTrackerServer {
 public:
  static constexpr int kDatagramsPerTurn = 256;
  static constexpr std::size_t kAnswerBytes = 1'400;  // no fragments

  // On each of `locals`.  kBusy when a port is taken.
  static Result<std::unique_ptr<UdpTrackerServer>> open(EventLoop& loop,
                                                        std::vector<Endpoint> const& locals,
                                                        TrackerTable& table,
                                                        ConnectionIds::Secret const& secret);
  ~UdpTrackerServer();

  TrackerServerStats const& stats() const noexcept { return stats_; }

 private:
  class Socket;
  UdpTrackerServer(EventLoop& loop, TrackerTable& table, ConnectionIds::Secret const& secret);

  std::vector<std::byte> answer(std::span<std::byte const> datagram, Endpoint const& from);
  std::vector<std::byte> announce(UdpRequest& request, Endpoint const& from);
  std::vector<std::byte> scrape(UdpRequest const& request);
  std::vector<std::byte> refuse(UdpRequest const& request, std::string_view reason);

  EventLoop& loop_;
  TrackerTable& table_;
  ConnectionIds const ids_;
  TrackerServerStats stats_;
  std::vector<std::unique_ptr<Socket>> sockets_;
};

}  // namespace btfast::net
