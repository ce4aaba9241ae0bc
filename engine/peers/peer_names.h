// PeerNames: looks up the peers that a tracker gives by their DNS names (BEP 3), beside
// everything else, and hands on those addresses that the tracker could have given itself.
//
// Threads:   the control thread; the look-ups run on the resolver's.
// Ownership: `found` is not called any more after forget() or the destructor.
// Bound:     kLookups at once, the rest are dropped: the tracker names them again;
//            kAddressesOfName addresses of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "net/endpoint.h"
#include "net/resolver.h"
#include "net/tracker/tracker.h"

namespace btfast {

class PeerNames {
 public:
  static constexpr std::size_t kLookups = 50;
  static constexpr std::size_t kAddressesOfName = 8;
  using Found = std::function<void(std::span<net::Endpoint const>)>;

  // REQUIRES: the resolver outlives this.
  explicit PeerNames(net::Resolver& resolver) : resolver_(resolver) {}

  void look_up(std::vector<net::PeerName> const& names, bool local_tracker, Found const& found);
  void forget() noexcept { lookups_.clear(); }
  std::size_t looking_up() const noexcept { return lookups_.size(); }

 private:
  void on_resolved(std::uint64_t id, bool local_tracker,
                   Result<net::Resolver::Addresses> const& result, Found const& found);

  net::Resolver& resolver_;
  std::uint64_t next_id_ = 0;
  std::unordered_map<std::uint64_t, net::Resolver::Lookup> lookups_;
};

}  // namespace btfast
