#include "engine/swarm_shard.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/peer_census.h"

namespace btfast {
namespace {

// Time-outs and the endgame look around this often; the data path never waits for it.
constexpr std::chrono::milliseconds kTick{100};
constexpr std::size_t kAllowedFastMax = 64;

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
      have_(torrent_->geometry().piece_count()),
      picker_(torrent_->geometry().piece_count(), torrent_->config().strategy, rng_),
      downloads_(*torrent_, picker_, counters_, rng_),
      slow_peers_(peers_, downloads_),
      uploads_(torrent_, counters_, reads_),
      choker_(*torrent_, peers_, uploads_),
      haves_(peers_),
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
                                              static_cast<std::uint32_t>(config.net_threads), rng_);
  }
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
  auto connection = net::PeerConnection::connect(loop_, remote, torrent_->config().bind,
                                                 torrent_->handshake(), *this);
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

// -- handshakes -----------------------------------------------------------------------------

void SwarmShard::on_handshake(net::PeerConnection& connection, net::Handshake const& theirs) {
  Peer& peer = peer_of(connection);
  if (theirs.info_hash != torrent_->metainfo().info_hash) {
    close(peer, net::CloseReason::kWrongTorrent);
    return;
  }
  introduce(peer, theirs);
}

void SwarmShard::introduce(Peer& peer, net::Handshake const& theirs) {
  net::Handshake const& ours = torrent_->handshake();
  peer.id = theirs.peer_id;
  peer.fast = theirs.fast_extension && ours.fast_extension;
  peer.extended = theirs.extension_protocol && ours.extension_protocol;
  peer.connected_at = peer.upload.choke_changed = loop_.now();
  peer.has = Bitfield{torrent_->geometry().piece_count()};
  peer.connection->open(torrent_->geometry().piece_count(), ours, *this);
  // Only now is this shard the connection's observer, whoever opened it.
  if (peer.id == ours.peer_id) close(peer, net::CloseReason::kSelf);
  if (peer.closing) return;
  peer.opened = true;
  reports_.send(PeerOpened{.handle = peer.handle,
                           .remote = peer.connection->remote(),
                           .local = peer.connection->local(),
                           .id = peer.id,
                           .incoming = peer.connection->incoming()});
  greet(peer);
}

// What we have first, as BEP 3 and BEP 6 ask; then who we are (BEP 10).  A super-seed says
// that it has nothing, and names a piece now and then.
void SwarmShard::greet(Peer& peer) {
  bool const hide = super_seed_ != nullptr;
  if (hide) {
    if (peer.fast) peer.connection->send(net::HaveNone{});
  } else if (peer.fast && have_.all()) {
    peer.connection->send(net::HaveAll{});
  } else if (peer.fast && have_.none()) {
    peer.connection->send(net::HaveNone{});
  } else if (!have_.none()) {
    auto const wire = have_.to_wire();
    peer.connection->send(net::BitfieldMessage{wire});
  }
  haves_.on_greeted(peer);
  say_hello(peer);
  if (hide) super_seed_->add_peer(peer.handle, loop_.now());
  if (!hide) uploads_.allow_fast(peer, have_);
  send_offers();
}

void SwarmShard::send_offers() {
  if (super_seed_ == nullptr) return;
  for (auto const& offer : super_seed_->take_offers()) {
    Peer* const peer = peers_.find(offer.peer);
    if (peer != nullptr) peer->connection->send(net::Have{.piece = offer.piece.value});
  }
}

// BEP 10 allows it again at any time: what it says of us may change.
void SwarmShard::say_hello(Peer& peer) {
  if (!peer.extended) return;
  net::ExtensionHandshake hello;
  hello.client = "btfast " BTFAST_VERSION;
  if (listen_port_ != 0) hello.listen_port = listen_port_;
  hello.reqq = limits::kReqqAdvertised;
  // BEP 21: a partial seed says so as well, a super-seed does not.
  hello.upload_only = sated() && super_seed_ == nullptr;
  auto const payload = net::encode_extension_handshake(hello);
  peer.connection->send(net::Extended{.extension = 0, .payload = payload});
}

// -- messages -------------------------------------------------------------------------------

void SwarmShard::on_message(net::PeerConnection& connection, net::Message const& message) {
  Peer& peer = peer_of(connection);
  if (peer.closing) return;
  std::visit([&](auto const& m) { handle(peer, m); }, message);
}

void SwarmShard::handle(Peer& peer, net::Choke const&) {
  peer.peer_choking = true;
  downloads_.on_choke(peer);
}

void SwarmShard::handle(Peer& peer, net::Unchoke const&) {
  peer.peer_choking = false;
  // Requests go out at the end of this read batch.
}

void SwarmShard::handle(Peer& peer, net::Interested const&) {
  peer.peer_interested = true;
  choker_.on_interest(peer, loop_.now());
}

void SwarmShard::handle(Peer& peer, net::NotInterested const&) {
  peer.peer_interested = false;
  choker_.on_interest(peer, loop_.now());
}

void SwarmShard::handle(Peer& peer, net::Have const& message) {
  auto const piece = torrent_->geometry().piece(message.piece);
  if (!piece) return close(peer, net::CloseReason::kProtocolError, "have: no such piece");
  if (peer.has.test(*piece)) return;
  peer.has.set(*piece);
  picker_.add_have(*piece, peer.has);
  if (picker_.wanted(*piece)) ++peer.wanted_pieces;
  if (super_seed_) super_seed_->on_have(peer.handle, *piece, loop_.now());
  send_offers();
  update_interest(peer);
  close_if_useless(peer);
}

void SwarmShard::handle(Peer& peer, net::BitfieldMessage const& message) {
  auto has = Bitfield::from_wire(message.bits, torrent_->geometry().piece_count());
  if (!has) return close(peer, net::CloseReason::kProtocolError, "bitfield: length or spare bit");
  // A later one may only add to what the peer said before.
  auto const before = peer.has.words();
  for (std::size_t w = 0; w < before.size(); ++w) {
    if ((before[w] & ~has->words()[w]) != 0) {
      return close(peer, net::CloseReason::kProtocolError, "bitfield: takes pieces back");
    }
  }
  set_has(peer, *std::move(has));
}

void SwarmShard::handle(Peer& peer, net::HaveAll const&) {
  set_has(peer, Bitfield{torrent_->geometry().piece_count(), true});
}

void SwarmShard::handle(Peer& peer, net::HaveNone const&) {
  set_has(peer, Bitfield{torrent_->geometry().piece_count()});
}

void SwarmShard::handle(Peer& peer, net::Request const& message) {
  PieceIndex const piece{message.piece};
  bool const secret = super_seed_ != nullptr && !super_seed_->offered(peer.handle, piece);
  if (super_seed_ != nullptr && !secret && !peer.am_choking) {
    super_seed_->on_asked(peer.handle, piece, message.length,
                          torrent_->geometry().piece_size(piece), loop_.now());
    send_offers();
  }
  if (secret ? !uploads_.refuse(peer, message) : !uploads_.on_request(peer, message)) {
    close(peer, net::CloseReason::kFlood, "request: out of range, or too many");
  }
}

void SwarmShard::handle(Peer& peer, net::Cancel const& message) {
  uploads_.on_cancel(peer, message);
}

void SwarmShard::handle(Peer&, net::Port const&) {}  // BEP 5: no DHT here
void SwarmShard::handle(Peer&, net::SuggestPiece const&) {}

void SwarmShard::handle(Peer& peer, net::RejectRequest const& message) {
  if (!downloads_.on_reject(peer, message, loop_.now())) {
    close(peer, net::CloseReason::kProtocolError, "reject: of no open request");
  }
}

void SwarmShard::handle(Peer& peer, net::AllowedFast const& message) {
  auto const piece = torrent_->geometry().piece(message.piece);
  auto& allowed = peer.download.allowed_fast;
  if (!piece || allowed.size() >= kAllowedFastMax || have_.test(*piece)) return;
  if (std::find(allowed.begin(), allowed.end(), *piece) == allowed.end()) {
    allowed.push_back(*piece);
  }
}

void SwarmShard::handle(Peer& peer, net::Extended const& message) {
  if (message.extension != 0) return;
  auto const hello = net::decode_extension_handshake(message.payload);
  if (!hello) return close(peer, net::CloseReason::kProtocolError, "extension handshake");
  if (!hello->client.empty()) peer.client = hello->client;
  if (hello->reqq) peer.download.depth.set_reqq(*hello->reqq);
  peer.upload_only = hello->upload_only;
  close_if_useless(peer);
}

// -- blocks ---------------------------------------------------------------------------------

void SwarmShard::on_block_in_place(net::PeerConnection& connection, net::PieceHeader const& block) {
  downloads_.on_block_in_place(peer_of(connection), block, loop_.now());
}

void SwarmShard::on_block_bytes(net::PeerConnection& connection, net::PieceHeader const& block,
                                std::span<std::byte const> bytes) {
  Peer& peer = peer_of(connection);
  if (peer.closing) return;
  if (!downloads_.on_block_bytes(peer, block, bytes, loop_.now())) {
    counters_.wasted.add(bytes.size());
    close(peer, net::CloseReason::kUnsolicitedBlock);
  }
}

void SwarmShard::on_read_batch_end(net::PeerConnection& connection) {
  Peer& peer = peer_of(connection);
  if (!peer.closing) uploads_.pump(peer);
  if (!peer.closing) downloads_.fill(peer, loop_.now());
}

void SwarmShard::on_send_drained(net::PeerConnection& connection) {
  Peer& peer = peer_of(connection);
  if (!peer.closing) uploads_.pump(peer);
}

// -- state of peers -------------------------------------------------------------------------

void SwarmShard::set_has(Peer& peer, Bitfield has) {
  picker_.remove_peer(peer.has);
  peer.has = std::move(has);
  picker_.add_peer(peer.has);
  count_wanted(peer);
  if (super_seed_) super_seed_->on_bitfield(peer.handle, peer.has, loop_.now());
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
  peers_.for_each([&](Peer& peer) {
    if (!peer.opened || peer.closing) return;
    downloads_.on_tick(peer, now);
    uploads_.on_tick(peer);
  });
  slow_peers_.on_tick(now);
  choker_.offer_slots(now);
  if (super_seed_) super_seed_->on_tick(now);
  send_offers();
  haves_.on_tick();
  count_peers(peers_, counters_);
  tick_.arm(kTick);
}

void SwarmShard::on_closed(net::PeerConnection& connection, net::CloseReason reason,
                           std::string_view detail) {
  Peer& peer = peer_of(connection);
  peer.closing = true;
  downloads_.release_all(peer);
  choker_.on_closed(peer, loop_.now());
  if (peer.opened) picker_.remove_peer(peer.has);
  if (super_seed_) super_seed_->remove_peer(peer.handle, loop_.now());
  send_offers();
  torrent_->release_connection();
  reports_.send(PeerClosed{.handle = peer.handle,
                           .remote = connection.remote(),
                           .incoming = connection.incoming(),
                           .opened = peer.opened,
                           .reason = reason,
                           .detail = std::string{detail}});
  // The connection is still on the stack above us.
  loop_.defer([gone = std::shared_ptr<Peer>(peers_.remove(peer.handle))] {});
}

}  // namespace btfast
