#include "net/udp_listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/socket.h"

namespace btfast::net {
namespace {

bool set_option(int fd, int level, int name) noexcept {
  int const on = 1;
  return ::setsockopt(fd, level, name, &on, sizeof on) == 0;
}

// Best effort: on a host with one address it makes no difference.
void ask_for_destination(int fd, Family family) noexcept {
#ifdef IP_PKTINFO
  if (family == Family::kIpv4) (void)set_option(fd, IPPROTO_IP, IP_PKTINFO);
#endif
#ifdef IPV6_RECVPKTINFO
  if (family == Family::kIpv6) (void)set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
#endif
}

// Room for either family's packet info.
struct Control {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + 64> bytes{};
};

Endpoint destination_of(msghdr& message) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
#ifdef IP_PKTINFO
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::array<std::uint8_t, 4> address{};
      std::memcpy(address.data(), &info.ipi_addr, address.size());
      return Endpoint::ipv4(address, 0);
    }
#endif
#ifdef IPV6_RECVPKTINFO
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::array<std::uint8_t, 16> address{};
      std::memcpy(address.data(), &info.ipi6_addr, address.size());
      return Endpoint::ipv6(address, 0);
    }
#endif
  }
  return {};
}

template <class Info>
void put_control(msghdr& message, Control& control, int level, int type, Info const& info) {
  message.msg_control = control.bytes.data();
  message.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* const c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(c), &info, sizeof info);
}

void set_source(msghdr& message, Control& control, Endpoint const& from) noexcept {
#ifdef IP_PKTINFO
  if (from.family() == Family::kIpv4) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, from.address().data(), sizeof info.ipi_spec_dst);
    put_control(message, control, IPPROTO_IP, IP_PKTINFO, info);
  }
#endif
#ifdef IPV6_RECVPKTINFO
  if (from.family() == Family::kIpv6 && !from.is_link_local()) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, from.address().data(), sizeof info.ipi6_addr);
    put_control(message, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
#endif
}

}  // namespace

Expected<UdpListener> UdpListener::open(Endpoint const& local) {
  sockaddr_storage address{};
  socklen_t const length = local.to_sockaddr(address);
  UdpListener socket{Fd{::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)}};
  if (!socket.fd_) return last_socket_error();
  if (local.family() == Family::kIpv6 && !set_option(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY)) {
    return last_socket_error();
  }
  ask_for_destination(socket.fd(), local.family());
  if (::bind(socket.fd(), reinterpret_cast<sockaddr const*>(&address), length) != 0) {
    return last_socket_error();
  }
  return socket;
}

Endpoint UdpListener::local() const noexcept {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return Endpoint::from_sockaddr(address);
}

UdpListener::Received UdpListener::receive(std::span<std::byte> into) noexcept {
  sockaddr_storage address{};
  Control control;
  iovec part{into.data(), into.size()};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  ssize_t n = 0;
  do {
    n = ::recvmsg(fd(), &message, 0);
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    bool const empty = errno == EAGAIN || errno == EWOULDBLOCK;
    return {empty ? IoResult::would_block() : IoResult::error(errno), {}, {}};
  }
  auto const result = n == 0 ? IoResult::end() : IoResult::of_bytes(static_cast<std::size_t>(n));
  return {result, Endpoint::from_sockaddr(address), destination_of(message)};
}

void UdpListener::send(std::span<std::byte const> datagram, Endpoint const& to,
                       Endpoint const& from) noexcept {
  sockaddr_storage address{};
  iovec part{const_cast<std::byte*>(datagram.data()), datagram.size()};  // sendmsg only reads it
  Control control;
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = to.to_sockaddr(address);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  set_source(message, control, from);
  (void)::sendmsg(fd(), &message, MSG_NOSIGNAL);
}

}  // namespace btfast::net
