#include "net/peer_observer.h"

namespace btfast::net {

std::string_view close_reason_name(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::kPeerClosed:
      return "peer closed";
    case CloseReason::kConnectFailed:
      return "connect failed";
    case CloseReason::kConnectTimeout:
      return "connect timeout";
    case CloseReason::kHandshakeTimeout:
      return "handshake timeout";
    case CloseReason::kIdleTimeout:
      return "idle timeout";
    case CloseReason::kIoError:
      return "i/o error";
    case CloseReason::kBadHandshake:
      return "bad handshake";
    case CloseReason::kWrongTorrent:
      return "wrong torrent";
    case CloseReason::kSelf:
      return "self";
    case CloseReason::kDuplicate:
      return "duplicate";
    case CloseReason::kProtocolError:
      return "protocol error";
    case CloseReason::kUnsolicitedBlock:
      return "unsolicited block";
    case CloseReason::kFlood:
      return "flood";
    case CloseReason::kBanned:
      return "banned";
    case CloseReason::kTooManyPeers:
      return "too many peers";
    case CloseReason::kBothSeeds:
      return "both seeds";
    case CloseReason::kNotUseful:
      return "not useful";
    case CloseReason::kLostPiece:
      return "lost piece";
    case CloseReason::kShutdown:
      return "shutdown";
  }
  return "unknown";
}

}  // namespace btfast::net
