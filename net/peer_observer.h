// PeerObserver: what a PeerConnection tells its torrent.
//
// Threads: the connection's net thread.  Any callback may close the connection;
//          none may destroy it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/wire/handshake.h"
#include "net/wire/message.h"

namespace btfast::net {

class PeerConnection;

// Why a connection ended; every end has one.
enum class CloseReason : std::uint8_t {
  kPeerClosed,  // end of stream
  kConnectFailed,
  kConnectTimeout,
  kHandshakeTimeout,
  kIdleTimeout,
  kIoError,
  kBadHandshake,  // not BEP 3
  kWrongTorrent,  // info hash we do not serve
  kSelf,          // our own peer id
  kDuplicate,
  kProtocolError,  // bad length, index, order, spare bits: see the detail
  kUnsolicitedBlock,
  kFlood,  // more than a limit allows
  kBanned,
  kTooManyPeers,
  kBothSeeds,
  kNotUseful,
  kLostPiece,  // it asks for what we said we have, and lost
  kShutdown,
};
std::string_view close_reason_name(CloseReason reason) noexcept;

class PeerObserver {
 public:
  virtual ~PeerObserver() = default;

  // The connection that we opened stands.
  virtual void on_connected(PeerConnection& /*peer*/) {}
  // An incoming connection's handshake has come as far as its info hash: it may be answered
  // with PeerConnection::answer(), or closed.  A tracker that looks whether we can be reached
  // says no more than this before it was answered.
  virtual void on_torrent_named(PeerConnection& /*peer*/, InfoHash const& /*torrent*/) {}
  // The peer's handshake is whole.  An incoming connection is answered from here with
  // PeerConnection::open(), which may also name another observer.  Not calling open()
  // on an incoming connection, or closing, ends it.
  virtual void on_handshake(PeerConnection& peer, Handshake const& handshake) = 0;
  // Every whole message but blocks.
  virtual void on_message(PeerConnection& peer, Message const& message) = 0;
  // A block that was expected, whole, at the address given to expect_block().
  virtual void on_block_in_place(PeerConnection& peer, PieceHeader const& block) = 0;
  // A block that was not expected, or no longer: its bytes live until this returns.
  virtual void on_block_bytes(PeerConnection& peer, PieceHeader const& block,
                              std::span<std::byte const> bytes) = 0;
  // All of one readiness was handled: the moment to send requests for what arrived.
  virtual void on_read_batch_end(PeerConnection& peer) = 0;
  // The send queue fell to its low-water mark from above it, or the last block of it left.
  virtual void on_send_drained(PeerConnection& peer) = 0;
  // Exactly once, last.  `detail` says what was wrong where the reason alone does not.
  // The owner destroys the connection later, from a deferred task, never from here.
  virtual void on_closed(PeerConnection& peer, CloseReason reason, std::string_view detail) = 0;
};

}  // namespace btfast::net
