#include "net/interfaces.h"

#include <ifaddrs.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

namespace btfast::net {
namespace {

Endpoint endpoint_of(sockaddr const* address) {
  bool const v4 = address != nullptr && address->sa_family == AF_INET;
  bool const v6 = address != nullptr && address->sa_family == AF_INET6;
  if (!v4 && !v6) return {};
  sockaddr_storage storage{};
  std::memcpy(&storage, address, v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  return Endpoint::from_sockaddr(storage).with_port(0);
}

}  // namespace

std::vector<InterfaceAddress> interface_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> const owned{list, &::freeifaddrs};
  std::vector<InterfaceAddress> found;
  for (ifaddrs const* i = list; i != nullptr; i = i->ifa_next) {
    found.push_back({i->ifa_name, endpoint_of(i->ifa_addr)});
  }
  return found;
}

std::vector<Endpoint> own_endpoints(Endpoint const& only_on, std::uint16_t port) {
  if (only_on.family() != Family::kNone) return {only_on.with_port(port)};
  std::vector<Endpoint> found;
  for (auto const& entry : interface_addresses()) {
    if (entry.address.family() != Family::kNone) found.push_back(entry.address.with_port(port));
  }
  return found;
}

}  // namespace btfast::net
