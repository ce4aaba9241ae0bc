// PosixSockets: the socket half of a Reactor on a kernel with POSIX sockets, which
// epoll and kqueue share.
//
// Ownership: descriptors it returns belong to the caller until close().
#pragma once

#include <string>
#include <utility>

#include "net/reactor.h"

namespace btfast::net {

// kConnectRefused, kBusy, kNoResource…; kNetwork for the rest.
Errc errc_from_socket_errno(int err) noexcept;
// What errno says of the call before.
Error last_socket_error() noexcept;

// Nothing of the socket's leaves or comes in by another device.  kPermission where this user,
// or this system, cannot; kNetwork when there is no such device.  An empty name is any.
Status bind_to_device(int fd, std::string const& device) noexcept;
// Whether bind_to_device() will work.
Status try_device(std::string const& device) noexcept;

class PosixSockets : public Reactor {
 public:
  void use_device(std::string const& device) override { device_ = device; }
  Expected<int> connect(Endpoint const& remote, Endpoint const& local) override;
  int connect_error(int fd) noexcept override;
  Expected<int> listen(Endpoint const& local, int backlog) override;
  Expected<Accepted> accept(int listener) override;
  Endpoint local_endpoint(int fd) noexcept override;
  IoResult read(int fd, std::span<iovec const> into) noexcept override;
  void set_read_low_water(int fd, std::size_t bytes) noexcept override;
  IoResult write(int fd, std::span<iovec const> from) noexcept override;
  Duration path_rtt(int fd) noexcept override;
  void close(int fd) noexcept override;

 private:
  std::string device_;  // empty: any
};

}  // namespace btfast::net
