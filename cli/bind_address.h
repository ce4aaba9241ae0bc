// Addresses that a person typed: --bind ADDR|IFACE and --peer HOST:PORT.
#pragma once

#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "net/endpoint.h"

namespace btfast::cli {

struct BindTarget {
  net::Endpoint address;  // port 0
  std::string device;     // empty: an address was named
};
// A numeric address, or a network device, of which it is the first one (IPv4 before IPv6).
// A Failure says which of the two it is not, and which devices there are.
Result<BindTarget> bind_target(std::string const& text);
// Why nothing can listen there, and what else to type where a port is taken.
std::string listen_failure_text(Failure const& failure);
// HOST:PORT or [V6]:PORT; a name is looked up now and gives all its addresses.
Result<std::vector<net::Endpoint>> peer_addresses(std::string const& text);

}  // namespace btfast::cli
