#include "cli/bind_address.h"

#include <net/if.h>
#include <netdb.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "engine/base/ascii.h"
#include "engine/base/descriptors.h"
#include "net/interfaces.h"

namespace btfast::cli {
namespace {

using Interfaces = std::vector<net::InterfaceAddress>;

std::optional<net::Endpoint> address_of(Interfaces const& all, std::string const& name) {
  std::optional<net::Endpoint> found;
  for (auto const& entry : all) {
    if (name != entry.name) continue;
    if (entry.address.family() == net::Family::kIpv4) return entry.address;
    bool const ipv6 = entry.address.family() == net::Family::kIpv6;
    if (ipv6 && !found && !entry.address.is_link_local()) found = entry.address;
  }
  return found;
}

std::string names_of(Interfaces const& all) {
  std::set<std::string> names;
  for (auto const& entry : all) names.insert(entry.name);
  std::string text;
  for (auto const& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Result<BindTarget> bind_target(std::string const& text) {
  if (auto const address = net::Endpoint::parse_address(text, 0)) return BindTarget{*address, {}};
  auto const listed = net::interface_addresses();
  if (!listed) return listed.error();
  auto const& all = *listed;
  if (auto const address = address_of(all, text)) return BindTarget{*address, text};
  bool const exists = ::if_nametoindex(text.c_str()) != 0;
  return Failure{Errc::kBadArgument, exists ? "the network device " + text + " has no address"
                                            : "expected an address or a network device (" +
                                                  names_of(all) + "), not \"" + text + "\""};
}

std::string listen_failure_text(Failure const& failure) {
  std::string const text = failure_text(failure);
  return failure.sys_errno == EADDRINUSE ? text + "; --port 0 takes any that is free" : text;
}

Result<std::vector<net::Endpoint>> peer_addresses(std::string const& text) {
  auto const bad = [&](std::string const& form) {
    return Failure{Errc::kBadArgument, "--peer: expected " + form + ", not \"" + text + "\""};
  };
  auto const colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return bad("HOST:PORT");
  auto const host = text.substr(0, colon);
  auto const port = text.substr(colon + 1);
  // Its last part may be a port or belong to the address.
  if (host.find(':') != std::string::npos && (host.front() != '[' || host.back() != ']')) {
    return bad("an IPv6 address in brackets, as in [::1]:6881");
  }
  if (to_number<std::uint16_t>(port).value_or(0) == 0) {
    return bad("HOST:PORT with a port from 1 to 65535");
  }
  if (auto const endpoint = net::Endpoint::parse(text)) return std::vector{*endpoint};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  int const error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (error != 0) {
    // What the resolver lacks itself it calls a name that is not known.
    if (auto const room = check_room_for_sockets(1); !room) return room.error();
    return Failure{Errc::kNetwork, "--peer " + text + ": " + ::gai_strerror(error)};
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owned{list, &::freeaddrinfo};
  std::vector<net::Endpoint> found;
  for (addrinfo const* i = list; i != nullptr; i = i->ai_next) {
    found.push_back(net::Endpoint::from_sockaddr(i->ai_addr));
  }
  return found;
}

}  // namespace btfast::cli
