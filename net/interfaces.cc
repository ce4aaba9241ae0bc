#include "net/interfaces.h"

#include <ifaddrs.h>
#include <sys/socket.h>

#include <memory>

#include "net/socket.h"

namespace btfast::net {

Result<std::vector<InterfaceAddress>> interface_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) {
    Error const error = last_socket_error();
    Errc const code = error.code == Errc::kNoResource ? Errc::kNoResource : Errc::kNetwork;
    return Failure{code, error.sys_errno, "cannot list the network devices"};
  }
  std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> const owned{list, &::freeifaddrs};
  std::vector<InterfaceAddress> found;
  for (ifaddrs const* i = list; i != nullptr; i = i->ifa_next) {
    found.push_back({i->ifa_name, Endpoint::from_sockaddr(i->ifa_addr).with_port(0)});
  }
  return found;
}

Result<std::vector<Endpoint>> own_endpoints(Endpoint const& only_on, std::uint16_t port) {
  if (only_on.family() != Family::kNone) return std::vector{only_on.with_port(port)};
  auto const all = interface_addresses();
  if (!all) return all.error();
  std::vector<Endpoint> found;
  for (auto const& entry : *all) {
    if (entry.address.family() != Family::kNone) found.push_back(entry.address.with_port(port));
  }
  return found;
}

}  // namespace btfast::net
