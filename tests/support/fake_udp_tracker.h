// FakeUdpTracker: a UDP tracker for tests on 127.0.0.1 and a port of its own, that sends
// whatever datagrams it is told to.
//
// Threads: construct, inspect and destroy on the test's thread; the handler runs on the
//          tracker's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/endpoint.h"
#include "net/fd.h"
#include "tests/support/wire_bytes.h"

namespace btfast::test {

class FakeUdpTracker {
 public:
  // What to answer a datagram with: none, one or several.
  using Handler = std::function<std::vector<Bytes>(Bytes const& datagram)>;

  explicit FakeUdpTracker(Handler handler);
  ~FakeUdpTracker();

  // "udp://127.0.0.1:PORT"
  std::string url() const;
  std::vector<Bytes> datagrams() const;
  // Sends to whoever asked last, from another socket than the one asked.
  void send_from_elsewhere(Bytes const& datagram);

 private:
  void run();

  Handler const handler_;
  net::Fd socket_;
  net::Fd stop_;  // an eventfd
  net::Endpoint endpoint_;
  mutable std::mutex mutex_;
  std::vector<Bytes> datagrams_;  // under the mutex
  net::Endpoint last_client_;     // under the mutex
  std::thread thread_;
};

// Of a request (BEP 15): fields every test looks at.
std::uint32_t udp_action(Bytes const& request);
std::uint32_t udp_transaction(Bytes const& request);
std::uint64_t udp_connection(Bytes const& request);

Bytes udp_connect_reply(Bytes const& request, std::uint64_t connection_id);
Bytes udp_announce_reply(Bytes const& request, std::uint32_t interval, std::uint32_t leechers,
                         std::uint32_t seeders, std::span<std::byte const> peers);
Bytes udp_error_reply(Bytes const& request, std::string_view text);
// An honest tracker: connects with `connection_id`, answers with one peer, 10.1.2.3:6881.
std::vector<Bytes> honest_udp_answer(Bytes const& request, std::uint64_t connection_id = 7);

}  // namespace btfast::test
