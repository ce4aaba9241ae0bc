#include "tests/support/fake_udp_tracker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "engine/base/byte_io.h"
#include "engine/base/check.h"

namespace btfast::test {
namespace {

net::Fd bound_socket() {
  net::Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  sockaddr_storage storage{};
  auto const length = net::Endpoint::ipv4({127, 0, 0, 1}, 0).to_sockaddr(storage);
  BTF_CHECK(::bind(socket.get(), reinterpret_cast<sockaddr const*>(&storage), length) == 0);
  return socket;
}

void send_to(int socket, net::Endpoint const& to, Bytes const& datagram) {
  sockaddr_storage storage{};
  auto const length = to.to_sockaddr(storage);
  ::sendto(socket, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr const*>(&storage),
           length);
}

}  // namespace

FakeUdpTracker::FakeUdpTracker(Handler handler)
    : handler_(std::move(handler)), socket_(bound_socket()), stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  BTF_CHECK(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &length) == 0);
  endpoint_ = net::Endpoint::from_sockaddr(storage);
  thread_ = std::thread{[this] { run(); }};
}

FakeUdpTracker::~FakeUdpTracker() {
  BTF_CHECK(::eventfd_write(stop_.get(), 1) == 0);
  thread_.join();
}

std::string FakeUdpTracker::url() const { return "udp://" + endpoint_.to_string(); }

std::vector<Bytes> FakeUdpTracker::datagrams() const {
  std::lock_guard const lock{mutex_};
  return datagrams_;
}

void FakeUdpTracker::send_from_elsewhere(Bytes const& datagram) {
  auto const other = bound_socket();
  std::lock_guard const lock{mutex_};
  send_to(other.get(), last_client_, datagram);
}

void FakeUdpTracker::run() {
  std::array<std::byte, 2048> buffer;
  while (true) {
    std::array<pollfd, 2> polled{{{stop_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) return;
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    ssize_t const n = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &length);
    if (n < 0) continue;
    Bytes const datagram{buffer.begin(), buffer.begin() + n};
    auto const client = net::Endpoint::from_sockaddr(from);
    {
      std::lock_guard const lock{mutex_};
      datagrams_.push_back(datagram);
      last_client_ = client;
    }
    for (auto const& answer : handler_(datagram)) send_to(socket_.get(), client, answer);
  }
}

std::uint64_t udp_connection(Bytes const& request) { return ByteReader{request}.u64(); }

std::uint32_t udp_action(Bytes const& request) {
  ByteReader in{request};
  in.u64();
  return in.u32();
}

std::uint32_t udp_transaction(Bytes const& request) {
  ByteReader in{request};
  in.u64();
  in.u32();
  return in.u32();
}

Bytes udp_connect_reply(Bytes const& request, std::uint64_t connection_id) {
  Bytes out;
  ByteWriter{out}.u32(0).u32(udp_transaction(request)).u64(connection_id);
  return out;
}

Bytes udp_announce_reply(Bytes const& request, std::uint32_t interval, std::uint32_t leechers,
                         std::uint32_t seeders, std::span<std::byte const> peers) {
  Bytes out;
  ByteWriter writer{out};
  writer.u32(1).u32(udp_transaction(request)).u32(interval).u32(leechers).u32(seeders);
  writer.bytes(peers);
  return out;
}

Bytes udp_error_reply(Bytes const& request, std::string_view text) {
  Bytes out;
  ByteWriter{out}.u32(3).u32(udp_transaction(request)).text(text);
  return out;
}

std::vector<Bytes> honest_udp_answer(Bytes const& request, std::uint64_t connection_id) {
  if (udp_action(request) == 0) return {udp_connect_reply(request, connection_id)};
  return {udp_announce_reply(request, 1800, 3, 4, bytes(10, 1, 2, 3, 0x1a, 0xe1))};
}

}  // namespace btfast::test
