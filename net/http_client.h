// HttpClient: GET over http and https, the only user of libcurl.  Every answer is bounded
// in time, bytes received, bytes inflated, header bytes and redirects, because trackers
// are named by strangers.
//
// TLS is verified and https never becomes http.  A server with a global address cannot
// redirect us to a local one; the check is on the address really connected to, so that a
// name cannot lie.  SSL_CERT_FILE is honoured, http_proxy and its like are not: a tracker asked
// through a proxy would take the proxy's address for ours, and peers and UDP go around it.
//
// Threads:   its event loop's; callbacks come from there, never from inside get().
// Ownership: a callback is called once, unless its request is cancelled or the client
//            destroyed first.  A callback may start and cancel requests, not destroy
//            the client.
// Bound:     HttpSettings::at_once requests at once; the rest wait in order.  Each costs up to
//            kDescriptorsEach descriptors, and a thread while its name is looked up.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/limits.h"
#include "net/address_scope.h"
#include "net/endpoint.h"
#include "net/event_loop.h"

namespace btfast::net {

// As many as a torrent's trackers are asked side by side (net/tracker/tracker_tiers.h).
inline constexpr std::size_t kHttpAtOnce = 100;

struct HttpSettings {
  Endpoint bind;          // source address; family kNone for any
  std::string interface;  // the only device to use, with the family of `bind`; empty for any
  bool verify_tls = true;
  std::string ca_file;  // all that is trusted; empty for SSL_CERT_FILE's, or the system's
  std::size_t at_once = kHttpAtOnce;
  // Tests have no global addresses to redirect from.
  std::function<bool(Endpoint const&)> is_global = is_global_address;
};

struct HttpRequest {
  std::string url;
  std::chrono::milliseconds timeout = limits::kTrackerTimeout;  // from when it leaves the queue
  std::size_t wire_bytes = limits::kTrackerReplyBytes;          // as received
  std::size_t body_bytes = 2 * limits::kTrackerReplyBytes;      // inflated
  // Asked once connected, before anything is sent, for every hop: why this server and URL
  // must not be asked (then kBadArgument), or empty.
  std::function<std::string(Endpoint const& server, std::string_view url)> objection = {};
};

struct HttpResponse {
  long status = 0;
  std::vector<std::byte> body;
  Endpoint server;  // the last one connected to
};

class HttpClient {
 public:
  // A socket, and two of the thread that looks up its name.
  static constexpr std::size_t kDescriptorsEach = 3;

  using RequestId = std::uint64_t;
  using Callback = std::function<void(Result<HttpResponse>)>;

  HttpClient(EventLoop& loop, HttpSettings settings);
  ~HttpClient();
  HttpClient(HttpClient const&) = delete;
  HttpClient& operator=(HttpClient const&) = delete;

  // A Failure names the host and what went wrong.
  RequestId get(HttpRequest request, Callback done);
  // An id that is over is ignored.
  void cancel(RequestId id) noexcept;

  std::size_t running() const noexcept;
  std::size_t waiting() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace btfast::net
