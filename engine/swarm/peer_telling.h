// PeerTelling: tells the log of each peer's way: connected, who it is, what it has, who wants
// and gives, its first block.  (Why it went is told where all reports come together, in
// engine/peers/dialer.h.)
//
// It stands between a connection and its shard while somebody reads, and not at all while
// nobody does: so the data path does not even ask.
//
// Threads:   one net thread.
// Ownership: names the shard's observer and table, which outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/types.h"
#include "engine/swarm/peer_table.h"
#include "net/event_loop.h"
#include "net/peer_observer.h"

namespace btfast {

// -- what the shard and others tell, where somebody reads; a look at the level where nobody does
void tell_connected(net::PeerConnection const& connection);
void tell_handshake(Peer const& peer, net::Handshake const& theirs);
void tell_wrong_hash(net::PeerConnection const& connection, std::string_view info_hash);
// What we said to it.
void tell_our_interest(Peer const& peer);
void tell_our_choke(Peer const& peer);
// How many of the pieces that we still want it has, of what it says it has.
void tell_pieces_checked(Peer const& peer, std::uint32_t pending);

// One round in which peers are asked for blocks: how many were idle before it, and how many of
// them are at work after it.  At trace level, and only where some are.
class IdleRound {
 public:
  explicit IdleRound(PeerTable& peers);
  ~IdleRound();
  IdleRound(IdleRound const&) = delete;
  IdleRound& operator=(IdleRound const&) = delete;

 private:
  PeerTable& peers_;
  std::vector<PeerHandle> idle_;  // empty where nobody reads
};

class PeerTelling final : public net::PeerObserver {
 public:
  PeerTelling(net::PeerObserver& shard, PeerTable& peers, net::EventLoop const& loop)
      : shard_(shard), peers_(peers), loop_(loop) {}

  // Who is to hear of a connection's frames.
  net::PeerObserver& observer() noexcept;

  // -- net::PeerObserver: each tells, and goes on to the shard
  void on_handshake(net::PeerConnection& connection, net::Handshake const& theirs) override;
  void on_message(net::PeerConnection& connection, net::Message const& message) override;
  void on_block_in_place(net::PeerConnection& connection, net::PieceHeader const& block) override;
  void on_block_bytes(net::PeerConnection& connection, net::PieceHeader const& block,
                      std::span<std::byte const> bytes) override;
  void on_read_batch_end(net::PeerConnection& connection) override;
  void on_send_drained(net::PeerConnection& connection) override;
  void on_closed(net::PeerConnection& connection, net::CloseReason reason,
                 std::string_view detail) override;

 private:
  void tell_message(Peer const& peer, net::Message const& message) const;
  void tell_block(Peer const& peer, net::PieceHeader const& block) const;

  net::PeerObserver& shard_;
  PeerTable& peers_;
  net::EventLoop const& loop_;
};

}  // namespace btfast
