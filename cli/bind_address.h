// Addresses that a person typed: --bind ADDR|IFACE and --peer HOST:PORT.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "net/endpoint.h"

namespace btfast::cli {

// A numeric address, or an interface's first one (IPv4 before IPv6); port 0.
std::optional<net::Endpoint> bind_address(std::string const& text);
// HOST:PORT or [V6]:PORT; a name is looked up now and gives all its addresses.
Result<std::vector<net::Endpoint>> peer_addresses(std::string const& text);

}  // namespace btfast::cli
