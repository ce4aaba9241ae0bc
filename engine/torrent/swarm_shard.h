// SwarmShard: one torrent as one net thread sees it: its connections, what their peers
// have, and who is choked.  What to fetch is DownloadScheduler's, what to serve
// UploadScheduler's; here are the peers' comings and goings and the dispatch of messages.
//
// Threads:   its event loop's, except the mailboxes.
// Ownership: owns its peers and their connections.  The control thread owns the shard and
//            lets it go on the loop, after ShardStopped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "engine/base/rng.h"
#include "engine/download/download_scheduler.h"
#include "engine/download/piece_picker.h"
#include "engine/download/slow_peers.h"
#include "engine/metainfo/file_selection.h"
#include "engine/stats.h"
#include "engine/swarm/attended_time.h"
#include "engine/swarm/peer_table.h"
#include "engine/swarm/peer_telling.h"
#include "engine/swarm/rate_gate.h"
#include "engine/swarm/shared_torrent.h"
#include "engine/swarm/swarm_report.h"
#include "engine/upload/have_teller.h"
#include "engine/upload/shard_choker.h"
#include "engine/upload/super_seed.h"
#include "engine/upload/upload_scheduler.h"
#include "net/event_loop.h"
#include "net/peer_observer.h"
#include "net/wire/extension.h"

namespace btfast {

class SwarmShard final : public net::PeerObserver {
 public:
  SwarmShard(std::shared_ptr<SharedTorrent> torrent, net::EventLoop& loop, std::uint16_t net_thread,
             SwarmReports& reports, std::uint64_t seed);
  ~SwarmShard() override;

  PieceNewsBox& news() noexcept { return *news_; }
  ShardCounters const& counters() const noexcept { return counters_; }
  SharedTorrent& torrent() noexcept { return *torrent_; }

  // -- on the loop
  void start(std::uint16_t listen_port);
  void connect(net::Endpoint const& remote);
  net::Handshake const& handshake() const noexcept { return torrent_->handshake(); }
  // An incoming connection whose handshake named this torrent.
  void adopt(std::unique_ptr<net::PeerConnection> connection, net::Handshake const& theirs);
  void close_peer(PeerHandle handle, net::CloseReason reason);
  // A suspect fetches whole pieces of its own only.
  void set_parole(PeerHandle handle, bool on);
  // What is fetched from now on, and in which order.  At first everything is wanted.
  void set_wanted(WantedPieces const& wanted);
  // A choke round: a ChokeSnapshot follows; then who is unchoked.
  void report_for_choking();
  void apply_choking(std::vector<PeerHandle> const& unchoked);
  // Closes all; ShardStopped follows.
  void stop();
  // What workers and readers sent; every turn.
  std::size_t drain();

  // -- net::PeerObserver
  void on_connected(net::PeerConnection& connection) override { tell_connected(connection); }
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
  void introduce(Peer& peer, net::Handshake const& theirs);
  void greet(Peer& peer);
  void say_hello(Peer& peer);
  void close(Peer& peer, net::CloseReason reason, std::string_view detail = {});
  Peer& peer_of(net::PeerConnection& connection) noexcept;

  void handle(Peer& peer, net::Choke const& message);
  void handle(Peer& peer, net::Unchoke const& message);
  void handle(Peer& peer, net::Interested const& message);
  void handle(Peer& peer, net::NotInterested const& message);
  void handle(Peer& peer, net::Have const& message);
  void handle(Peer& peer, net::BitfieldMessage const& message);
  void handle(Peer& peer, net::Request const& message);
  void handle(Peer& peer, net::Cancel const& message);
  void handle(Peer& peer, net::Port const& message);
  void handle(Peer& peer, net::SuggestPiece const& message);
  void handle(Peer& peer, net::HaveAll const& message);
  void handle(Peer& peer, net::HaveNone const& message);
  void handle(Peer& peer, net::RejectRequest const& message);
  void handle(Peer& peer, net::AllowedFast const& message);
  void handle(Peer& peer, net::Extended const& message);

  void set_has(Peer& peer, Bitfield has);
  void add_has(Peer& peer, Bitfield const& has);
  void note_have(Peer& peer, PieceIndex piece);
  void after_haves(Peer& peer);
  void count_wanted(Peer& peer) noexcept;
  void update_interest(Peer& peer);
  void close_if_useless(Peer& peer);
  void on_news(PieceNews const& news);
  void on_piece_here(Peer& peer, PieceIndex piece, bool was_wanted);
  // Nothing is left to fetch.
  bool sated() const noexcept { return picker_.wanted_count() == 0; }
  void start_gates();
  void send_offers();
  void on_tick();

  std::shared_ptr<SharedTorrent> const torrent_;
  net::EventLoop& loop_;
  std::uint16_t const net_thread_;
  SwarmReports& reports_;
  std::shared_ptr<PieceNewsBox> const news_;
  std::shared_ptr<ReadDoneBox> const reads_;
  ShardCounters counters_;
  Rng rng_;
  std::uint16_t listen_port_ = 0;
  bool stopping_ = false;

  PeerTable peers_;
  PeerTelling telling_;
  Bitfield have_;  // what this thread has told its peers
  PiecePicker picker_;
  DownloadScheduler downloads_;
  SlowPeers slow_peers_;
  UploadScheduler uploads_;
  std::unique_ptr<RateGate> download_gate_;  // null: no limit
  std::unique_ptr<RateGate> upload_gate_;
  ShardChoker choker_;
  HaveTeller haves_;
  std::unique_ptr<SuperSeed> super_seed_;  // null: peers are told what we have
  AttendedTime attended_;
  net::Timer tick_;
};

}  // namespace btfast
