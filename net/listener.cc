#include "net/listener.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "engine/base/log.h"

namespace btfast::net {
namespace {

using namespace std::chrono_literals;

constexpr int kBacklog = 512;
constexpr Duration kBackOffMin = 100ms;
constexpr Duration kBackOffMax = 5s;
constexpr Duration kWarnInterval = 1min;
// With "any port", the port that IPv4 was given may be taken in IPv6.
constexpr int kAnyPortTries = 8;

// The connection broke before we took it; the next one may be whole.
bool is_of_one_connection(int err) noexcept {
  switch (err) {
    case ECONNABORTED:
    case EPROTO:
    case EPERM:  // a firewall rule
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EOPNOTSUPP:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

// The machine does not have the family, which is no fault of the port.
bool is_no_such_family(Error error) noexcept {
  return error.sys_errno == EAFNOSUPPORT || error.sys_errno == EADDRNOTAVAIL;
}

std::string range_text(ListenRequest const& request) {
  std::string text = "port " + std::to_string(request.first_port);
  if (request.last_port > request.first_port) text += "-" + std::to_string(request.last_port);
  if (request.only_on.family() != Family::kNone) text += " of " + request.only_on.address_string();
  return text;
}

}  // namespace

Failure cannot_listen(Failure why) {
  if (why.code != Errc::kNoResource) why.code = Errc::kNetwork;
  return why;
}

// One listening socket.  Level-triggered, so that what a bounded turn leaves comes back.
class Listener::Socket final : public EventHandler {
 public:
  Socket(Reactor& reactor, int fd) noexcept : reactor_(reactor), fd_(fd) {}
  ~Socket() override {
    watch.reset();
    reactor_.close(fd_);
  }
  Socket(Socket const&) = delete;
  Socket& operator=(Socket const&) = delete;

  int fd() const noexcept { return fd_; }
  Endpoint local() const noexcept { return reactor_.local_endpoint(fd_); }
  void on_event(ReactorEvent const&) override { owner->accept_from(*this); }

  Listener* owner = nullptr;
  Watch watch;

 private:
  Reactor& reactor_;
  int fd_;
};

Result<std::unique_ptr<Listener>> Listener::open(EventLoop& loop, ListenRequest const& request,
                                                 OnAccept on_accept) {
  bool const any_port = request.first_port == 0;
  int const ports =
      any_port ? kAnyPortTries : std::max(request.last_port - request.first_port, 0) + 1;
  Error error{Errc::kBusy};
  for (int i = 0; i < ports; ++i) {
    int const port = any_port ? 0 : request.first_port + i;
    auto sockets = bind_port(loop, request, static_cast<std::uint16_t>(port));
    if (!sockets) {
      error = sockets.error();
      if (error.code == Errc::kBusy || error.code == Errc::kPermission) continue;
      break;
    }
    std::unique_ptr<Listener> listener{new Listener{loop, std::move(on_accept)}};
    if (auto const adopted = listener->adopt(*std::move(sockets)); !adopted) {
      error = adopted.error();
      break;
    }
    return listener;
  }
  return Failure{error.code, error.sys_errno, "cannot listen on " + range_text(request)};
}

// Both families on one port, or the one that was asked for or that the machine has.
Expected<Listener::Sockets> Listener::bind_port(EventLoop& loop, ListenRequest const& request,
                                                std::uint16_t port) {
  Reactor& reactor = loop.reactor();
  Family const only = request.only_on.family();
  Sockets sockets;
  Error error{Errc::kUnsupported, EAFNOSUPPORT};
  for (Family const family : {Family::kIpv4, Family::kIpv6}) {
    if (only != Family::kNone && family != only) continue;
    auto const local =
        only == Family::kNone ? Endpoint::any(family, port) : request.only_on.with_port(port);
    auto const fd = reactor.listen(local, kBacklog);
    if (fd) {
      auto& socket = sockets[family == Family::kIpv6 ? 1 : 0];
      socket = std::make_unique<Socket>(reactor, *fd);
      port = socket->local().port();
      continue;
    }
    error = fd.error();
    if (!is_no_such_family(error)) return error;
  }
  if (!sockets[0] && !sockets[1]) return error;
  return sockets;
}

Listener::Listener(EventLoop& loop, OnAccept on_accept)
    : loop_(loop),
      on_accept_(std::move(on_accept)),
      resume_(loop.timers(), [this] { resume(); }),
      back_off_(kBackOffMin) {}

Listener::~Listener() = default;

Status Listener::adopt(Sockets sockets) {
  sockets_ = std::move(sockets);
  for (auto& socket : sockets_) {
    if (!socket) continue;
    socket->owner = this;
    auto watch = loop_.watch(socket->fd(), *socket, Interest::kRead, Trigger::kLevel);
    if (!watch) return watch.error();
    socket->watch = *std::move(watch);
  }
  return kOk;
}

std::uint16_t Listener::port() const noexcept {
  return std::max(endpoint(Family::kIpv4).port(), endpoint(Family::kIpv6).port());
}

Endpoint Listener::endpoint(Family family) const noexcept {
  if (family == Family::kNone) return {};
  auto const& socket = sockets_[family == Family::kIpv6 ? 1 : 0];
  return socket ? socket->local() : Endpoint{};
}

void Listener::accept_from(Socket& socket) {
  for (int i = 0; i < kAcceptsPerTurn && !paused(); ++i) {
    auto const accepted = loop_.reactor().accept(socket.fd());
    if (accepted) {
      back_off_ = kBackOffMin;
      on_accept_(*accepted);
      continue;
    }
    Error const error = accepted.error();
    if (error.code == Errc::kWouldBlock) return;
    // Anything else would come back at once, in every turn.
    if (!is_of_one_connection(error.sys_errno)) pause(error);
  }
}

void Listener::pause(Error error) {
  warn(error);
  resume_.arm(back_off_);
  back_off_ = std::min(back_off_ * 2, kBackOffMax);
  for (auto& socket : sockets_) {
    // Should it fail, accept_from() is called in vain until resume().
    if (socket) (void)socket->watch.change(Interest::kNone);
  }
}

void Listener::resume() {
  for (auto& socket : sockets_) {
    if (!socket) continue;
    auto const watched = socket->watch.change(Interest::kRead);
    if (!watched) pause(watched.error());
  }
}

void Listener::warn(Error error) {
  if (loop_.now() < quiet_until_) return;
  quiet_until_ = loop_.now() + kWarnInterval;
  log_event(LogLevel::kWarn, "accept_paused", {{"reason", error_text(error)}, {"port", port()}});
}

}  // namespace btfast::net
