// UdpListener: a non-blocking UDP socket bound to one address and port, that hears anybody
// and answers from the very address that was asked: a client's connected socket takes an
// answer from no other.
//
// Threads:   one owner.
// Ownership: owns the descriptor.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "engine/base/expected.h"
#include "net/endpoint.h"
#include "net/fd.h"
#include "net/reactor.h"

namespace btfast::net {

class UdpListener {
 public:
  struct Received {
    IoResult result;  // kEnd is an empty datagram
    Endpoint from;
    Endpoint to;  // the address asked; family kNone where the system does not tell
  };

  // IPv6 listens to IPv6 alone.  kBusy when the port is taken.
  static Expected<UdpListener> open(Endpoint const& local);

  int fd() const noexcept { return fd_.get(); }
  Endpoint local() const noexcept;
  // A datagram longer than `into` is cut.
  Received receive(std::span<std::byte> into) noexcept;
  // What cannot be sent now is lost, as datagrams may be.
  void send(std::span<std::byte const> datagram, Endpoint const& to, Endpoint const& from) noexcept;

 private:
  explicit UdpListener(Fd fd) noexcept : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace btfast::net
