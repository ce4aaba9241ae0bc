// FakeHttpServer: an HTTP server for tests that answers with exactly the bytes it is told
// to, however wrong, on 127.0.0.1 (or another local address) and a port of its own.
//
// Threads: construct, inspect and destroy on the test's thread; the handler runs on the
//          server's.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/endpoint.h"
#include "net/fd.h"

namespace btfast::test {

struct FakeHttpAnswer {
  enum class Then { kClose, kHang, kRepeat };  // kRepeat: the last part for ever
  std::string bytes;
  Then then = Then::kClose;
  std::string repeated = {};
};

// A whole, honest answer.
FakeHttpAnswer http_ok(std::string_view body, std::string_view extra_headers = {});
FakeHttpAnswer http_status(std::string_view status_line, std::string_view extra_headers = {});
FakeHttpAnswer http_redirect(std::string_view location);
FakeHttpAnswer http_hang();

class FakeHttpServer {
 public:
  // `target` is the path and query of the request line.
  using Handler = std::function<FakeHttpAnswer(std::string const& target)>;

  explicit FakeHttpServer(Handler handler, std::string_view address = "127.0.0.1");
  ~FakeHttpServer();

  net::Endpoint const& endpoint() const noexcept { return endpoint_; }
  // "http://127.0.0.1:PORT" + target
  std::string url(std::string_view target) const;
  // Whole request heads, in order of arrival.
  std::vector<std::string> requests() const;
  std::size_t request_count() const { return requests().size(); }
  std::size_t most_connections() const noexcept { return most_connections_; }

 private:
  struct Connection;
  void run();
  void accept_one(std::vector<Connection>& connections);
  void serve(Connection& connection);
  bool pump_out(Connection& connection);

  Handler const handler_;
  net::Fd listener_;
  net::Fd stop_;  // an eventfd
  net::Endpoint endpoint_;
  std::atomic<std::size_t> most_connections_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // under the mutex
  std::thread thread_;
};

}  // namespace btfast::test
