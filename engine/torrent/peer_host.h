// PeerHost: the door of one net thread.  Holds connections that strangers opened until
// their handshake names a torrent, then hands them to its shard.
//
// Threads:   its event loop's.
// Ownership: owns the connections that have not named a torrent; shards are registered
//            by their torrent and must be removed before they go.
// Bound:     kStrangersMax connections without a handshake, or half of the descriptors for
//            sockets where that is less; of them an address has its share
//            (engine/peers/address_count.h). Each has PeerTimes::handshake in all
//            (net/peer_connection.h). From limits::kHalfOpen on one that comes takes the place of
//            the oldest that had kTimeToGreet: who means it has said so by then. A thousand who
//            come at once, as they do when a tracker names a new seed, are all heard.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/clock.h"
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
  static constexpr std::size_t kStrangersMax = 512;
  static constexpr std::chrono::seconds kTimeToGreet{2};

  explicit PeerHost(net::EventLoop& loop, net::PeerTimes const& times = {});
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
  struct Stranger {
    std::unique_ptr<net::PeerConnection> connection;
    TimePoint since;
  };

  void make_room();
  std::unique_ptr<net::PeerConnection> release(net::PeerConnection& connection);

  net::EventLoop& loop_;
  net::PeerTimes const times_;
  std::unordered_map<InfoHash, SwarmShard*, DigestHash> shards_;
  std::size_t const strangers_max_;
  std::vector<Stranger> strangers_;  // the oldest first
  AddressCount addresses_;           // of strangers
  Counter wrong_hash_;
};

}  // namespace btfast
