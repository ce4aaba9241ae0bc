// UdpSocket: a connected, non-blocking UDP socket.  Connected, so that the kernel drops
// datagrams from anyone but the target, and tells us when its port is closed.
//
// Threads:   one owner.
// Ownership: owns the descriptor.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "engine/base/expected.h"
#include "net/endpoint.h"
#include "net/fd.h"
#include "net/reactor.h"

namespace btfast::net {

class UdpSocket {
 public:
  UdpSocket() = default;

  // `local`: source address, family kNone for any; its port is not used.  `device`: see
  // bind_to_device() in net/socket.h.
  static Expected<UdpSocket> connect(Endpoint const& remote, Endpoint const& local,
                                     std::string const& device = {});

  int fd() const noexcept { return fd_.get(); }
  explicit operator bool() const noexcept { return bool{fd_}; }
  void close() noexcept { fd_.reset(); }

  IoResult send(std::span<std::byte const> datagram) noexcept;
  // A datagram longer than `into` is cut; kEnd is an empty one.
  IoResult receive(std::span<std::byte> into) noexcept;

 private:
  explicit UdpSocket(Fd fd) noexcept : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace btfast::net
