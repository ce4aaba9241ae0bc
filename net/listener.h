// Listener: takes incoming connections on one port of both families and hands them on.
// Out of descriptors or memory it stops accepting for a while, and the kernel's queue
// holds whoever comes meanwhile.
//
// Threads:   its event loop's.
// Ownership: owns the listening sockets; an Accepted belongs to the callback, which may
//            not destroy the listener.
// Bound:     kAcceptsPerTurn connections of one family in one turn.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "engine/base/expected.h"
#include "net/event_loop.h"

namespace btfast::net {

struct ListenRequest {
  // The first free port of the range; 0 is any free port.
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0;
  // kNone: every address of every family there is.  Its port is not used.
  Endpoint only_on = {};
};

// Of a command whose work needs a listener: whatever refused it, a port that is taken or not
// permitted as well, is kNetwork; but what this process has no more of stays kNoResource.
Failure cannot_listen(Failure why);

class Listener {
 public:
  using OnAccept = std::function<void(Accepted)>;

  static constexpr int kAcceptsPerTurn = 64;

  // kBusy when every port of the range is taken.
  static Result<std::unique_ptr<Listener>> open(EventLoop& loop, ListenRequest const& request,
                                                OnAccept on_accept);
  ~Listener();

  std::uint16_t port() const noexcept;
  // Where it listens in that family; family kNone when it does not.
  Endpoint endpoint(Family family) const noexcept;
  bool paused() const noexcept { return resume_.armed(); }

 private:
  class Socket;
  using Sockets = std::array<std::unique_ptr<Socket>, 2>;  // IPv4, IPv6; null where there is none

  Listener(EventLoop& loop, OnAccept on_accept);
  static Expected<Sockets> bind_port(EventLoop& loop, ListenRequest const& request,
                                     std::uint16_t port);
  Status adopt(Sockets sockets);
  void accept_from(Socket& socket);
  void pause(Error error);
  void resume();
  void warn(Error error);

  EventLoop& loop_;
  OnAccept on_accept_;
  Sockets sockets_;
  Timer resume_;
  Duration back_off_;
  TimePoint quiet_until_{};  // no warning before it
};

}  // namespace btfast::net
