#include "engine/peers/peer_source.h"

namespace btfast {

std::string_view peer_origin_name(PeerOrigin origin) noexcept {
  switch (origin) {
    case PeerOrigin::kTracker:
      return "tracker";
    case PeerOrigin::kManual:
      return "manual";
    case PeerOrigin::kIncoming:
      return "incoming";
  }
  return "unknown";
}

}  // namespace btfast
