// The network interfaces of this machine and their addresses, as they are at the call.
//
// Threads: any.
// Errors:  kNoResource where the system has no descriptor or memory left to be asked, kNetwork
//          where it refuses to tell, as sandboxes do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "net/endpoint.h"

namespace btfast::net {

struct InterfaceAddress {
  std::string name;
  Endpoint address;  // port 0; of family kNone: not IP
};

// An entry for each address; interfaces without one have entries too.
Result<std::vector<InterfaceAddress>> interface_addresses();

// By which endpoints this machine reaches its own listener on `only_on` (of family kNone:
// everywhere) and `port`.
Result<std::vector<Endpoint>> own_endpoints(Endpoint const& only_on, std::uint16_t port);

}  // namespace btfast::net
