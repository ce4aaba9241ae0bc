#include "engine/torrent/swarm_shard.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/peers/peer_census.h"

namespace btfast {
namespace {

// Time-outs and the endgame look around this often; the data path never waits for it.
constexpr std::chrono::milliseconds kTick{100};

}  // namespace

SwarmShard::SwarmShard(std::shared_ptr<SharedTorrent> torrent, net::EventLoop& loop,
                       std::uint16_t net_thread, SwarmReports& reports, std::uint64_t seed)
    : torrent_(std::move(torrent)),
      loop_(loop),
      net_thread_(net_thread),
      reports_(reports),
      news_(std::make_shared<PieceNewsBox>(loop)),
      reads_(std::make_shared<ReadDoneBox>(loop)),
      rng_(seed),
      peers_(net_thread),
      telling_(*this, peers_, loop),
      have_(torrent_->geometry().piece_count()),
      picker_(torrent_->geometry().piece_count(), torrent_->config().strategy, rng_),
      downloads_(*torrent_, picker_, peers_, counters_),
      slow_peers_(*torrent_, peers_, downloads_),
      uploads_(torrent_, counters_, reads_),
      choker_(*torrent_, peers_, uploads_),
      haves_(peers_),
      attended_(kTick),
      tick_(loop.timers(), [this] { on_tick(); }) {}

SwarmShard::~SwarmShard() = default;

void SwarmShard::start(std::uint16_t listen_port) {
  loop_.role().assert_here();
  listen_port_ = listen_port;
  have_ = torrent_->pieces().snapshot();
  for (std::uint32_t p = 0; p < have_.size(); ++p) {
    if (have_.test(p)) picker_.retire(PieceIndex{p});
  }
  start_gates();
  auto const& config = torrent_->config();
  if (config.super_seed && have_.all()) {
    super_seed_ = std::make_unique<SuperSeed>(have_.size(), net_thread_,
                                              static_cast<std::uint32_t>(config.net_threads),
                                              *torrent_->offers(), rng_);
  }
  attended_.start(loop_.now());
  tick_.arm(kTick);
}

void SwarmShard::start_gates() {
  RateLimits const& limits = torrent_->rate_limits();
  if (limits.down != nullptr) {
    download_gate_ = std::make_unique<RateGate>(*limits.down, loop_.timers(), [this](auto handle) {
      if (Peer* peer = peers_.find(handle)) downloads_.fill(*peer, loop_.now());
    });
    downloads_.limit(*download_gate_);
  }
  if (limits.up != nullptr) {
    upload_gate_ = std::make_unique<RateGate>(*limits.up, loop_.timers(), [this](auto handle) {
      if (Peer* peer = peers_.find(handle)) uploads_.pump(*peer);
    });
    uploads_.limit(*upload_gate_);
  }
}

void SwarmShard::connect(net::Endpoint const& remote) {
  loop_.role().assert_here();
  PeerClosed refused{.remote = remote, .reason = net::CloseReason::kTooManyPeers};
  if (stopping_ || !torrent_->try_take_connection()) {
    reports_.send(std::move(refused));
    return;
  }
  auto connection =
      net::PeerConnection::connect(loop_, remote, torrent_->config().bind, torrent_->handshake(),
                                   *this, torrent_->config().peer_times);
  if (!connection) {
    torrent_->release_connection();
    refused.reason = net::CloseReason::kConnectFailed;
    refused.detail = error_text(connection.error());
    reports_.send(std::move(refused));
    return;
  }
  Peer& peer = peers_.add();
  peer.connection = *std::move(connection);
  peer.connection->set_user_slot(peer.handle.slot);
}

void SwarmShard::adopt(std::unique_ptr<net::PeerConnection> connection,
                       net::Handshake const& theirs) {
  loop_.role().assert_here();
  bool const room = !stopping_ && torrent_->try_take_connection();
  if (!room) {
    connection->close(net::CloseReason::kTooManyPeers);
    loop_.defer([gone = std::shared_ptr<net::PeerConnection>(std::move(connection))] {});
    return;
  }
  Peer& peer = peers_.add();
  peer.connection = std::move(connection);
  peer.connection->set_user_slot(peer.handle.slot);
  introduce(peer, theirs);
}

void SwarmShard::close_peer(PeerHandle handle, net::CloseReason reason) {
  loop_.role().assert_here();
  if (Peer* peer = peers_.find(handle)) close(*peer, reason);
}

void SwarmShard::set_parole(PeerHandle handle, bool on) {
  loop_.role().assert_here();
  if (Peer* peer = peers_.find(handle)) peer->download.on_parole = on;
}

void SwarmShard::set_wanted(WantedPieces const& wanted) {
  loop_.role().assert_here();
  bool const was_sated = sated();
  picker_.set_priorities(wanted.priorities);
  peers_.for_each([&](Peer& peer) {
    if (!peer.opened || peer.closing) return;
    downloads_.drop_unwanted(peer);
    count_wanted(peer);
    if (sated() != was_sated) say_hello(peer);
    update_interest(peer);
    close_if_useless(peer);
  });
  downloads_.drop_unwanted_pieces();
  peers_.for_each([&](Peer& peer) {
    if (peer.opened && !peer.closing) downloads_.fill(peer, loop_.now());
  });
}

void SwarmShard::report_for_choking() {
  loop_.role().assert_here();
  reports_.send(ChokeSnapshot{choker_.snapshot(loop_.now())});
}

void SwarmShard::apply_choking(std::vector<PeerHandle> const& unchoked) {
  loop_.role().assert_here();
  if (!stopping_) choker_.apply(unchoked, loop_.now());
}

void SwarmShard::stop() {
  loop_.role().assert_here();
  stopping_ = true;
  tick_.disarm();
  peers_.for_each([this](Peer& peer) { close(peer, net::CloseReason::kShutdown); });
  // After the deferred destruction of every connection.
  loop_.defer([this] { reports_.send(ShardStopped{net_thread_}); });
}

std::size_t SwarmShard::drain() {
  loop_.role().assert_here();
  std::size_t const news = news_->drain([this](PieceNews const& n) { on_news(n); });
  if (news > counters_.news_most.get()) counters_.news_most.set(news);
  return news + reads_->drain([this](ReadDone const& done) {
    if (Peer* peer = peers_.find(done.peer)) uploads_.on_read(*peer, done);
  });
}

Peer& SwarmShard::peer_of(net::PeerConnection& connection) noexcept {
  Peer* const peer = peers_.at(connection.user_slot());
  BTF_CHECK(peer != nullptr && peer->connection.get() == &connection);
  return *peer;
}

void SwarmShard::close(Peer& peer, net::CloseReason reason, std::string_view detail) {
  if (peer.closing) return;
  peer.connection->close(reason, detail);
}

// -- state of peers -------------------------------------------------------------------------

// The first that a peer says it has.
void SwarmShard::set_has(Peer& peer, Bitfield has) {
  peer.has = std::move(has);
  picker_.add_peer(peer.has);
  count_wanted(peer);
  tell_pieces_checked(peer, picker_.wanted_count());
  if (super_seed_) super_seed_->on_bitfield(peer.handle, peer.has, attended_.now());
  after_haves(peer);
}

// Costs by what is new: a peer may send the same again and again.
void SwarmShard::add_has(Peer& peer, Bitfield const& has) {
  Bitfield news{has.size()};
  for (std::size_t w = 0; w < has.words().size(); ++w) {
    auto const before = peer.has.words()[w];
    for (auto bits = has.words()[w] & ~before; bits != 0; bits &= bits - 1) {
      auto const bit = static_cast<std::size_t>(std::countr_zero(bits));
      PieceIndex const piece{static_cast<std::uint32_t>(w * 64 + bit)};
      note_have(peer, piece);
      news.set(piece);
    }
  }
  if (news.none()) return;
  tell_pieces_checked(peer, picker_.wanted_count());
  if (super_seed_) super_seed_->on_bitfield(peer.handle, news, attended_.now());
  after_haves(peer);
}

void SwarmShard::note_have(Peer& peer, PieceIndex piece) {
  peer.has.set(piece);
  picker_.add_have(piece, peer.has);
  if (picker_.wanted(piece)) ++peer.wanted_pieces;
}

void SwarmShard::after_haves(Peer& peer) {
  send_offers();
  update_interest(peer);
  close_if_useless(peer);
}

void SwarmShard::count_wanted(Peer& peer) noexcept {
  peer.wanted_pieces = 0;
  auto const theirs = peer.has.words();
  auto const wanted = picker_.wanted().words();
  for (std::size_t w = 0; w < theirs.size(); ++w) {
    peer.wanted_pieces += static_cast<std::uint32_t>(std::popcount(theirs[w] & wanted[w]));
  }
}

void SwarmShard::update_interest(Peer& peer) {
  bool const interested = peer.wanted_pieces > 0;
  if (interested == peer.am_interested || peer.closing) return;
  peer.am_interested = interested;
  if (interested) {
    peer.connection->send(net::Interested{});
  } else {
    peer.connection->send(net::NotInterested{});
  }
  tell_our_interest(peer);
}

void SwarmShard::close_if_useless(Peer& peer) {
  // BEP 21: neither side has anything to ask of the other.
  if (sated() && (peer.is_seed() || peer.upload_only)) close(peer, net::CloseReason::kBothSeeds);
}

void SwarmShard::on_news(PieceNews const& news) {
  // Who was told that we have it is refused when it asks.
  if (news.fate == PieceNews::Fate::kLost) return have_.reset(news.piece.value);
  if (have_.test(news.piece)) return;
  bool const was_wanted = picker_.wanted(news.piece);
  bool const have = news.fate == PieceNews::Fate::kHave;
  if (have) {
    have_.set(news.piece);
    picker_.retire(news.piece);
    haves_.add(news.piece);
  }
  bool const last = have && was_wanted && sated();
  IdleRound const round{peers_};
  peers_.for_each([&](Peer& peer) {
    if (!peer.opened || peer.closing) return;
    downloads_.on_piece_done(peer, news.piece);
    if (last) say_hello(peer);
    if (have) on_piece_here(peer, news.piece, was_wanted);
    // Memory came back, or a piece did.
    if (peer.download.hungry && !peer.closing) downloads_.fill(peer, loop_.now());
  });
}

void SwarmShard::on_piece_here(Peer& peer, PieceIndex piece, bool was_wanted) {
  if (peer.has.test(piece)) {
    if (was_wanted) --peer.wanted_pieces;
    update_interest(peer);
    close_if_useless(peer);
  }
  haves_.offer(peer);
}

void SwarmShard::on_tick() {
  TimePoint const now = loop_.now();
  attended_.on_tick(now);
  {
    IdleRound const round{peers_};
    peers_.for_each([&](Peer& peer) {
      if (!peer.opened || peer.closing) return;
      downloads_.on_tick(peer, now);
    });
  }
  slow_peers_.on_tick(now);
  uploads_.share_memory(peers_.size());
  // Who waits for a super-seed's next offer is not idle.
  choker_.on_tick(!super_seed_ && (sated() || !torrent_->downloading()), now);
  if (super_seed_) super_seed_->on_tick(attended_.now());
  send_offers();
  haves_.on_tick();
  count_peers(peers_, counters_);
  if (download_gate_) counters_.at_down_limit.set(download_gate_->waiting());
  if (upload_gate_) counters_.at_up_limit.set(upload_gate_->waiting());
  tick_.arm(kTick);
}

void SwarmShard::on_closed(net::PeerConnection& connection, net::CloseReason reason,
                           std::string_view detail) {
  Peer& peer = peer_of(connection);
  peer.closing = true;
  if (reason == net::CloseReason::kWrongTorrent) {
    counters_.wrong_hash.add(1);
    tell_wrong_hash(connection, detail);
  }
  downloads_.release_all(peer);
  choker_.on_closed(peer, loop_.now());
  if (peer.opened) picker_.remove_peer(peer.has);
  bool const seed = reason == net::CloseReason::kBothSeeds;
  if (super_seed_) super_seed_->remove_peer(peer.handle, seed, attended_.now());
  send_offers();
  torrent_->release_connection();
  reports_.send(PeerClosed{.handle = peer.handle,
                           .remote = connection.remote(),
                           .local = connection.local(),
                           .incoming = connection.incoming(),
                           .opened = peer.opened,
                           .reason = reason,
                           .detail = std::string{detail}});
  // The connection is still on the stack above us.
  loop_.defer([gone = std::shared_ptr<Peer>(peers_.remove(peer.handle))] {});
}

}  // namespace btfast
