#include "net/interfaces.h"

#include <ifaddrs.h>
#include <sys/socket.h>

#include <memory>

namespace btfast::net {

std::vector<InterfaceAddress> interface_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> const owned{list, &::freeifaddrs};
  std::vector<InterfaceAddress> found;
  for (ifaddrs const* i = list; i != nullptr; i = i->ifa_next) {
    found.push_back({i->ifa_name, Endpoint::from_sockaddr(i->ifa_addr).with_port(0)});
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
