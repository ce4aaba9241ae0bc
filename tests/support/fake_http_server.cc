#include "tests/support/fake_http_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/check.h"

namespace btfast::test {
namespace {

constexpr std::size_t kRepeatAhead = 64 * 1024;

std::string target_of(std::string const& head) {
  auto const first = head.find(' ');
  auto const second = head.find(' ', first + 1);
  if (second == std::string::npos) return {};
  return head.substr(first + 1, second - first - 1);
}

}  // namespace

FakeHttpAnswer http_status(std::string_view status_line, std::string_view extra_headers) {
  return {.bytes = "HTTP/1.1 " + std::string{status_line} + "\r\nConnection: close\r\n" +
                   std::string{extra_headers} + "\r\n"};
}

FakeHttpAnswer http_ok(std::string_view body, std::string_view extra_headers) {
  auto answer = http_status("200 OK", "Content-Length: " + std::to_string(body.size()) + "\r\n" +
                                          std::string{extra_headers});
  answer.bytes += body;
  return answer;
}

FakeHttpAnswer http_redirect(std::string_view location) {
  return http_status("302 Found",
                     "Content-Length: 0\r\nLocation: " + std::string{location} + "\r\n");
}

FakeHttpAnswer http_hang() { return {.bytes = {}, .then = FakeHttpAnswer::Then::kHang}; }

struct FakeHttpServer::Connection {
  net::Fd fd;
  std::string in;
  std::string out;
  bool answered = false;
  bool over = false;
  FakeHttpAnswer answer;
};

FakeHttpServer::FakeHttpServer(Handler handler, std::string_view address)
    : handler_(std::move(handler)) {
  auto const local = net::Endpoint::parse_address(address, 0);
  BTF_CHECK(local);
  sockaddr_storage storage{};
  socklen_t length = local->to_sockaddr(storage);
  auto* const raw = reinterpret_cast<sockaddr*>(&storage);
  listener_.reset(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  BTF_CHECK(::bind(listener_.get(), raw, length) == 0);
  BTF_CHECK(::listen(listener_.get(), 1024) == 0);
  length = sizeof storage;
  BTF_CHECK(::getsockname(listener_.get(), raw, &length) == 0);
  endpoint_ = net::Endpoint::from_sockaddr(storage);
  stop_.reset(::eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread{[this] { run(); }};
}

FakeHttpServer::~FakeHttpServer() {
  BTF_CHECK(::eventfd_write(stop_.get(), 1) == 0);
  thread_.join();
}

std::string FakeHttpServer::url(std::string_view target) const {
  return "http://" + endpoint_.to_string() + std::string{target};
}

std::vector<std::string> FakeHttpServer::requests() const {
  std::lock_guard const lock{mutex_};
  return requests_;
}

void FakeHttpServer::run() {
  std::vector<Connection> connections;
  std::vector<pollfd> polled;
  while (true) {
    polled.assign({{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}});
    for (auto const& connection : connections) {
      short const events = connection.out.empty() ? POLLIN : POLLIN | POLLOUT;
      polled.push_back({connection.fd.get(), events, 0});
    }
    ::poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) return;
    for (std::size_t i = 0; i < connections.size(); ++i) {
      if (polled[i + 2].revents != 0) serve(connections[i]);
    }
    std::erase_if(connections, [](Connection const& connection) { return connection.over; });
    if (polled[1].revents != 0) accept_one(connections);
  }
}

void FakeHttpServer::accept_one(std::vector<Connection>& connections) {
  net::Fd fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!fd) return;
  connections.push_back({.fd = std::move(fd)});
  most_connections_ = std::max<std::size_t>(most_connections_, connections.size());
}

void FakeHttpServer::serve(Connection& connection) {
  std::array<char, 16 * 1024> buffer;
  ssize_t const n = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
  if (n == 0 || (n < 0 && errno != EAGAIN)) {
    connection.over = true;
    return;
  }
  if (n > 0) connection.in.append(buffer.data(), static_cast<std::size_t>(n));
  if (!connection.answered && connection.in.find("\r\n\r\n") != std::string::npos) {
    connection.answered = true;
    {
      std::lock_guard const lock{mutex_};
      requests_.push_back(connection.in);
    }
    connection.answer = handler_(target_of(connection.in));
    connection.out = connection.answer.bytes;
  }
  if (connection.answered && !pump_out(connection)) connection.over = true;
}

// False when the connection is to be closed.
bool FakeHttpServer::pump_out(Connection& connection) {
  auto const then = connection.answer.then;
  while (true) {
    while (then == FakeHttpAnswer::Then::kRepeat && connection.out.size() < kRepeatAhead) {
      connection.out += connection.answer.repeated;
    }
    if (connection.out.empty()) return then != FakeHttpAnswer::Then::kClose;
    ssize_t const n =
        ::send(connection.fd.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    connection.out.erase(0, static_cast<std::size_t>(n));
  }
}

}  // namespace btfast::test
