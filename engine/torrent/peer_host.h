// PeerHost: the door of one net thread.  Holds connections that strangers opened until
// their handshake names a torrent, then hands them to its shard.
//
// Threads:   its event loop's.
// Ownership: owns the connections that have not named a torrent; shards are registered
//            by their torrent and must be removed before they go.
// Bound:     limits::kHalfOpen connections without a handshake, of which an address has its
//            share (engine/peers/address_count.h); each has PeerTimes::handshake in all
//            (net/peer_connection.h), less when others wait: then the oldest makes room, for
//            who means it has said so within a round trip.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/types.h"
#include "engine/peers/address_count.h"
#include "engine/stats.h"
#include "engine/torrent/swarm_shard.h"
#include "net/event_loop.h"
#include "net/peer_observer.h"
#include "net/peer_times.h"
#include "net/reactor.h"

namespace btfast {

class PeerHost final : public net::PeerObserver {
 public:
  explicit PeerHost(net::EventLoop& loop, net::PeerTimes const& times = {})
      : loop_(loop), times_(times) {}
  ~PeerHost() override;

  void add_shard(InfoHash const& info_hash, SwarmShard& shard);
  void remove_shard(InfoHash const& info_hash);
  // Takes the socket over, whatever happens to it.
  void welcome(net::Accepted accepted);
  void close_all();
  // Strangers that named a torrent we do not have.  Any thread.
  std::uint64_t wrong_hash() const noexcept { return wrong_hash_.get(); }

  // -- net::PeerObserver, until the handshake
  void on_torrent_named(net::PeerConnection& connection, InfoHash const& info_hash) override;
  void on_handshake(net::PeerConnection& connection, net::Handshake const& theirs) override;
  void on_message(net::PeerConnection&, net::Message const&) override {}
  void on_block_in_place(net::PeerConnection&, net::PieceHeader const&) override {}
  void on_block_bytes(net::PeerConnection&, net::PieceHeader const&,
                      std::span<std::byte const>) override {}
  void on_read_batch_end(net::PeerConnection&) override {}
  void on_send_drained(net::PeerConnection&) override {}
  void on_closed(net::PeerConnection& connection, net::CloseReason reason,
                 std::string_view detail) override;

 private:
  std::unique_ptr<net::PeerConnection> release(net::PeerConnection& connection);

  net::EventLoop& loop_;
  net::PeerTimes const times_;
  std::unordered_map<InfoHash, SwarmShard*, DigestHash> shards_;
  std::vector<std::unique_ptr<net::PeerConnection>> strangers_;  // the oldest first
  AddressCount addresses_;                                       // of strangers
  Counter wrong_hash_;
};

}  // namespace btfast
