// HttpConnection: one exchange of an HTTP server: a request head in, a response out, the
// end.  Nothing is read after the head and no connection is kept: announces are minutes
// apart.
//
// Threads:   its event loop's.
// Ownership: owns the socket.  Its owner destroys it later, never from `done`.
// Bound:     kHttpRequestBytes of request, one response, kTimeout for each of the two.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "net/event_loop.h"

namespace btfast::net {

class HttpConnection final : public EventHandler {
 public:
  static constexpr std::chrono::seconds kTimeout{10};

  // What to send for the bytes so far; empty: more of the request is needed.
  using Answer = std::function<std::vector<std::byte>(HttpConnection const&, std::string_view)>;
  // The exchange is over, well or not.
  using Done = std::function<void(HttpConnection&)>;

  HttpConnection(EventLoop& loop, Accepted accepted, Answer answer, Done done);
  ~HttpConnection() override;
  HttpConnection(HttpConnection const&) = delete;
  HttpConnection& operator=(HttpConnection const&) = delete;

  Status start();
  Endpoint const& remote() const noexcept { return accepted_.remote; }
  void on_event(ReactorEvent const& event) override;

 private:
  void read_request();
  void write_response();
  void finish();

  EventLoop& loop_;
  Accepted const accepted_;
  Answer const answer_;
  Done const done_;
  Watch watch_;
  Timer timeout_;
  std::vector<char> request_;
  std::vector<std::byte> response_;
  std::size_t sent_ = 0;
  bool finished_ = false;
};

}  // namespace btfast::net
