// Which part of the network an address belongs to: the rule that keeps a stranger's
// tracker from steering us at machines that only we can reach.
#pragma once

#include "net/endpoint.h"

namespace btfast::net {

// False for loopback, link-local, private, carrier-shared, multicast and reserved ranges
// (RFC 6890), and for an empty endpoint.
bool is_global_address(Endpoint const& endpoint) noexcept;

}  // namespace btfast::net
