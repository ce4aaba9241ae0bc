#include "net/udp_socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "net/socket.h"

namespace btfast::net {
namespace {

Error network_error(int err) noexcept {
  return {err == EMFILE || err == ENFILE ? Errc::kNoResource : Errc::kNetwork, err};
}

IoResult result_of(ssize_t n) noexcept {
  if (n > 0) return IoResult::of_bytes(static_cast<std::size_t>(n));
  if (n == 0) return IoResult::end();
  if (errno == EAGAIN || errno == EWOULDBLOCK) return IoResult::would_block();
  return IoResult::error(errno);
}

}  // namespace

Expected<UdpSocket> UdpSocket::connect(Endpoint const& remote, Endpoint const& local,
                                       std::string const& device) {
  sockaddr_storage address{};
  socklen_t const length = remote.to_sockaddr(address);
  UdpSocket socket{Fd{::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)}};
  if (!socket) return network_error(errno);

  Status const bound = bind_to_device(socket.fd(), device);
  if (!bound && bound.error().code != Errc::kPermission) return bound.error();
  if (local.family() != Family::kNone) {
    sockaddr_storage source{};
    socklen_t const source_length = local.with_port(0).to_sockaddr(source);
    if (::bind(socket.fd(), reinterpret_cast<sockaddr const*>(&source), source_length) != 0) {
      return network_error(errno);
    }
  }
  if (::connect(socket.fd(), reinterpret_cast<sockaddr const*>(&address), length) != 0) {
    return network_error(errno);
  }
  return socket;
}

IoResult UdpSocket::send(std::span<std::byte const> datagram) noexcept {
  ssize_t n = 0;
  do {
    n = ::send(fd(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return result_of(n);
}

IoResult UdpSocket::receive(std::span<std::byte> into) noexcept {
  ssize_t n = 0;
  do {
    n = ::recv(fd(), into.data(), into.size(), 0);
  } while (n < 0 && errno == EINTR);
  return result_of(n);
}

}  // namespace btfast::net
