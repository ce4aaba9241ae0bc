#include "net/socket.h"

#include <limits.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/base/descriptors.h"
#include "net/fd.h"

// Buffer sizes are left alone: setting SO_RCVBUF or SO_SNDBUF ends the kernel's autotuning.

namespace btfast::net {
namespace {

bool set_option(int fd, int level, int name, int value) noexcept {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

Expected<int> new_socket(Family family, std::string const& device) noexcept {
  if (family == Family::kNone) return Error{Errc::kBadArgument, EAFNOSUPPORT};
  int const domain = family == Family::kIpv6 ? AF_INET6 : AF_INET;
  Fd fd{::socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd) return last_socket_error();
  if (is_of_descriptor_reserve(fd.get())) return Error{Errc::kNoResource, EMFILE};
  Status const bound = bind_to_device(fd.get(), device);
  // Who may not is bound to the device's address all the same, and was told so.
  if (!bound && bound.error().code != Errc::kPermission) return bound.error();
  return fd.release();
}

// Requests and haves are small and wanted now; what is large is gathered by us.  Best effort:
// a peer that is gone already makes it fail, and the first read tells.
void set_no_delay(int fd) noexcept { (void)set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1); }

bool bind_to(int fd, Endpoint const& local) noexcept {
  sockaddr_storage address;
  socklen_t const length = local.to_sockaddr(address);
  return ::bind(fd, reinterpret_cast<sockaddr const*>(&address), length) == 0;
}

// Of the calls that move bytes.  `wanted` tells an empty request from the end of the stream.
IoResult io_result(ssize_t moved, std::span<iovec const> wanted) noexcept {
  if (moved > 0) return IoResult::of_bytes(static_cast<std::size_t>(moved));
  if (moved < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return IoResult::would_block();
    return IoResult::error(errno);
  }
  bool const asked =
      std::any_of(wanted.begin(), wanted.end(), [](iovec const& part) { return part.iov_len > 0; });
  return asked ? IoResult::end() : IoResult::would_block();
}

int io_count(std::span<iovec const> parts) noexcept {
  return static_cast<int>(std::min<std::size_t>(parts.size(), IOV_MAX));
}

}  // namespace

Errc errc_from_socket_errno(int err) noexcept {
  switch (err) {
    case ECONNREFUSED:
      return Errc::kConnectRefused;
    case ETIMEDOUT:
      return Errc::kTimeout;
    case EADDRINUSE:
      return Errc::kBusy;
    case EACCES:
    case EPERM:
      return Errc::kPermission;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Errc::kNoResource;
    case EAGAIN:
      return Errc::kWouldBlock;
    case EAFNOSUPPORT:
      return Errc::kUnsupported;
    default:
      return Errc::kNetwork;
  }
}

Error last_socket_error() noexcept { return {errc_from_socket_errno(errno), errno}; }

Status bind_to_device(int fd, std::string const& device) noexcept {
  if (device.empty()) return kOk;
#ifdef SO_BINDTODEVICE
  auto const length = static_cast<socklen_t>(device.size());
  if (::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device.data(), length) == 0) return kOk;
  return last_socket_error();
#else
  return Error{Errc::kPermission, EPERM};
#endif
}

Status try_device(std::string const& device) noexcept {
  Fd const probe{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!probe) return last_socket_error();
  return bind_to_device(probe.get(), device);
}

Expected<int> PosixSockets::connect(Endpoint const& remote, Endpoint const& local) {
  auto const made = new_socket(remote.family(), device_);
  if (!made) return made.error();
  Fd fd{*made};
  set_no_delay(fd.get());
  if (local.family() != Family::kNone) {
    if (local.family() != remote.family()) return Error{Errc::kBadArgument, EAFNOSUPPORT};
#ifdef IP_BIND_ADDRESS_NO_PORT
    // The port is chosen when connecting, so that one local port serves many remotes.
    (void)set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
#endif
    if (!bind_to(fd.get(), local)) return last_socket_error();
  }
  sockaddr_storage address;
  socklen_t const length = remote.to_sockaddr(address);
  if (::connect(fd.get(), reinterpret_cast<sockaddr const*>(&address), length) != 0) {
    // An interrupted connect goes on by itself, as one in progress does.
    if (errno == EADDRNOTAVAIL) return Error{Errc::kNoResource, errno};  // out of local ports
    if (errno != EINPROGRESS && errno != EINTR) return last_socket_error();
  }
  return fd.release();
}

int PosixSockets::connect_error(int fd) noexcept {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

Expected<int> PosixSockets::listen(Endpoint const& local, int backlog) {
  auto const made = new_socket(local.family(), device_);
  if (!made) return made.error();
  Fd fd{*made};
  // A restart must not wait for the old connections' TIME_WAIT.
  bool ready = set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (local.family() == Family::kIpv6) {
    // So that the IPv4 listener can have the same port.
    ready = ready && set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  }
  ready = ready && bind_to(fd.get(), local) && ::listen(fd.get(), backlog) == 0;
  if (!ready) return last_socket_error();
  return fd.release();
}

Expected<Accepted> PosixSockets::accept(int listener) {
  sockaddr_storage address{};
  int fd = -1;
  do {
    socklen_t length = sizeof address;
    fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &length,
                   SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return last_socket_error();
  if (is_of_descriptor_reserve(fd)) {
    Fd{fd}.reset();
    return Error{Errc::kNoResource, EMFILE};
  }
  set_no_delay(fd);
  return Accepted{fd, Endpoint::from_sockaddr(address)};
}

Endpoint PosixSockets::local_endpoint(int fd) noexcept {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return Endpoint::from_sockaddr(address);
}

IoResult PosixSockets::read(int fd, std::span<iovec const> into) noexcept {
  ssize_t moved = 0;
  do {
    moved = ::readv(fd, into.data(), io_count(into));
  } while (moved < 0 && errno == EINTR);
  IoResult result = io_result(moved, into);
  std::size_t asked = 0;
  for (iovec const& part : into) asked += part.iov_len;
  result.drained = result.bytes < asked;
  return result;
}

void PosixSockets::set_read_low_water(int fd, std::size_t bytes) noexcept {
  (void)set_option(fd, SOL_SOCKET, SO_RCVLOWAT, static_cast<int>(bytes));
}

IoResult PosixSockets::write(int fd, std::span<iovec const> from) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from.data());  // sendmsg does not write to it
  message.msg_iovlen = static_cast<std::size_t>(io_count(from));
  ssize_t moved = 0;
  do {
    moved = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  } while (moved < 0 && errno == EINTR);
  // Nothing written is never the end of anything.
  return moved == 0 ? IoResult::would_block() : io_result(moved, from);
}

Duration PosixSockets::path_rtt(int fd) noexcept {
#if defined(TCP_INFO)
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_rtt > 0) {
    return std::chrono::microseconds{info.tcpi_rtt};
  }
#endif
  return Duration::max();
}

void PosixSockets::close(int fd) noexcept { Fd{fd}.reset(); }

}  // namespace btfast::net
