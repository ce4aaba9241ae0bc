// OwnAddress: by which address of each family others see us.  Until peers agree on one it is
// that of our own end of a connection, which behind a NAT is not the same.  A peer tells in its
// extension handshake (BEP 10, "yourip"); that takes kAgree peers, each at an address of its
// own, and most of those that said anything, so that one liar moves nothing.
//
// Threads: none of its own; its owner's.
// Bound:   the last kTellers addresses that told.
#pragma once

#include <array>
#include <cstddef>
#include <deque>

#include "net/endpoint.h"

namespace btfast {

class OwnAddress {
 public:
  static constexpr std::size_t kAgree = 3;
  static constexpr std::size_t kTellers = 64;

  // Each is true when it changed what of() answers.  The first end of a family counts.
  bool on_connected_from(net::Endpoint const& local);
  bool on_told(net::Endpoint const& teller, net::Endpoint const& ours);

  // Of family kNone: not known.  Only the address means something.
  net::Endpoint const& of(net::Family family) const noexcept;

 private:
  struct Word {
    net::Endpoint teller;
    net::Endpoint ours;
  };
  struct Known {
    net::Endpoint local;
    net::Endpoint agreed;
    std::deque<Word> words;  // the last one of each teller, the oldest first
  };
  static net::Endpoint agreed(Known const& known);
  Known& known(net::Family family) noexcept { return known_[family == net::Family::kIpv6 ? 1 : 0]; }

  std::array<Known, 2> known_;  // IPv4, IPv6
};

}  // namespace btfast
