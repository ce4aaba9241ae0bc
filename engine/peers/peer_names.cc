#include "engine/peers/peer_names.h"

#include "engine/base/log.h"
#include "net/tracker/announce_reply.h"

namespace btfast {

void PeerNames::look_up(std::vector<net::PeerName> const& names, bool local_tracker,
                        Found const& found) {
  for (auto const& name : names) {
    if (lookups_.size() >= kLookups) return;
    std::uint64_t const id = next_id_++;
    lookups_.emplace(id, resolver_.resolve(name.host, name.port,
                                           [this, id, local_tracker, found](auto const& result) {
                                             on_resolved(id, local_tracker, result, found);
                                           }));
  }
}

// `found` may forget() us, so it is called last.
void PeerNames::on_resolved(std::uint64_t id, bool local_tracker,
                            Result<net::Resolver::Addresses> const& result, Found const& found) {
  lookups_.erase(id);
  if (!result) {
    log_event(LogLevel::kDebug, "peer_not_resolved", {{"reason", failure_text(result.error())}});
    return;
  }
  std::vector<net::Endpoint> peers;
  for (auto const& address : *result) {
    bool const room = peers.size() < kAddressesOfName;
    if (room && net::may_dial(address, local_tracker)) peers.push_back(address);
  }
  if (!peers.empty()) found(peers);
}

}  // namespace btfast
