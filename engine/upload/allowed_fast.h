// The allowed-fast set of a peer (BEP 6): a few pieces that it may ask for while it is
// choked.  They follow from its address and the torrent, so reconnecting yields no others.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/types.h"
#include "net/endpoint.h"

namespace btfast {

// BEP 6's k: pieces in a set.
inline constexpr std::size_t kAllowedFastCount = 10;

// Of `count` pieces, or of all where there are no more.  IPv6: the first 56 bits stand for
// the network, as the first 24 do of IPv4.
std::vector<PieceIndex> allowed_fast_set(net::Endpoint const& peer, InfoHash const& info_hash,
                                         std::uint32_t piece_count, std::size_t count);

}  // namespace btfast
