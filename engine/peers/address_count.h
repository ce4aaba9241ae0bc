// AddressCount: how many connections there are with each address, so that nobody takes more
// than limits::kPeersPerAddress of the places, and so that a source that names many ports of
// one host cannot have us flood it.  This machine's own peers all have one address, so
// loopback is never full.
//
// Threads: one owner.
#pragma once

#include <unordered_map>

#include "net/endpoint.h"

namespace btfast {

class AddressCount {
 public:
  void add(net::Endpoint const& endpoint) { ++counts_[endpoint.with_port(0)]; }
  // REQUIRES: added before.
  void remove(net::Endpoint const& endpoint);
  bool full(net::Endpoint const& endpoint) const;

 private:
  std::unordered_map<net::Endpoint, int, net::EndpointHash> counts_;
};

}  // namespace btfast
