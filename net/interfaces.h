// The network interfaces of this machine and their addresses, as they are at the call.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/endpoint.h"

namespace btfast::net {

struct InterfaceAddress {
  std::string name;
  Endpoint address;  // port 0; of family kNone: not IP
};

// An entry for each address; interfaces without one have entries too.
std::vector<InterfaceAddress> interface_addresses();

// By which endpoints this machine reaches its own listener on `only_on` (of family kNone:
// everywhere) and `port`.
std::vector<Endpoint> own_endpoints(Endpoint const& only_on, std::uint16_t port);

}  // namespace btfast::net
