// For maps keyed by a peer's handle.
#pragma once

#include <cstddef>

#include "engine/base/types.h"

namespace btfast {

struct PeerHandleHash {
  std::size_t operator()(PeerHandle const& h) const noexcept {
    return std::size_t{h.net_thread} << 48 ^ std::size_t{h.slot} << 20 ^ h.generation;
  }
};

}  // namespace btfast
