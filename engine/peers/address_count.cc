#include "engine/peers/address_count.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"

namespace btfast {

void AddressCount::remove(net::Endpoint const& endpoint) {
  auto const found = counts_.find(endpoint.with_port(0));
  BTF_CHECK(found != counts_.end());
  if (--found->second == 0) counts_.erase(found);
}

bool AddressCount::full(net::Endpoint const& endpoint) const {
  if (endpoint.is_loopback()) return false;
  auto const found = counts_.find(endpoint.with_port(0));
  return found != counts_.end() && found->second >= limits::kPeersPerAddress;
}

}  // namespace btfast
