#include "cli/bind_address.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>

#include <cstring>
#include <memory>
#include <optional>
#include <set>

#include "cli/text.h"

namespace btfast::cli {
namespace {

net::Endpoint endpoint_of(sockaddr const* address, std::size_t length) {
  sockaddr_storage storage{};
  std::memcpy(&storage, address, std::min(length, sizeof storage));
  return net::Endpoint::from_sockaddr(storage);
}

using Interfaces = std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)>;

Interfaces interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) list = nullptr;
  return {list, &::freeifaddrs};
}

std::optional<net::Endpoint> address_of(ifaddrs const* list, std::string const& name) {
  std::optional<net::Endpoint> found;
  for (ifaddrs const* i = list; i != nullptr; i = i->ifa_next) {
    if (i->ifa_addr == nullptr || name != i->ifa_name) continue;
    if (i->ifa_addr->sa_family == AF_INET) return endpoint_of(i->ifa_addr, sizeof(sockaddr_in));
    if (i->ifa_addr->sa_family == AF_INET6 && !found) {
      auto const address = endpoint_of(i->ifa_addr, sizeof(sockaddr_in6));
      if (!address.is_link_local()) found = address;
    }
  }
  return found;
}

std::string names_of(ifaddrs const* list) {
  std::set<std::string> names;
  for (ifaddrs const* i = list; i != nullptr; i = i->ifa_next) names.insert(i->ifa_name);
  std::string text;
  for (auto const& name : names) text += (text.empty() ? "" : ", ") + escaped(name);
  return text;
}

}  // namespace

Result<BindTarget> bind_target(std::string const& text) {
  if (auto const address = net::Endpoint::parse_address(text, 0)) return BindTarget{*address, {}};
  auto const list = interfaces();
  if (auto const address = address_of(list.get(), text)) {
    return BindTarget{address->with_port(0), text};
  }
  bool const exists = ::if_nametoindex(text.c_str()) != 0;
  return Failure{Errc::kBadArgument,
                 exists ? "the network device " + escaped(text) + " has no address"
                        : "expected an address or a network device (" + names_of(list.get()) +
                              "), not \"" + escaped(text) + "\""};
}

Result<std::vector<net::Endpoint>> peer_addresses(std::string const& text) {
  if (auto const endpoint = net::Endpoint::parse(text)) return std::vector{*endpoint};
  auto const colon = text.rfind(':');
  Failure const bad{Errc::kBadArgument,
                    "--peer: expected HOST:PORT, not \"" + escaped(text) + "\""};
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return bad;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  int const error =
      ::getaddrinfo(text.substr(0, colon).c_str(), text.substr(colon + 1).c_str(), &hints, &list);
  if (error != 0) {
    return Failure{Errc::kNetwork, "--peer " + escaped(text) + ": " + ::gai_strerror(error)};
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owned{list, &::freeaddrinfo};
  std::vector<net::Endpoint> found;
  for (addrinfo const* i = list; i != nullptr; i = i->ai_next) {
    found.push_back(endpoint_of(i->ai_addr, i->ai_addrlen));
  }
  return found;
}

}  // namespace btfast::cli
