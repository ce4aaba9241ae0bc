// What peers say to a shard: the wire's side of SwarmShard.
#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

#include "engine/base/limits.h"
#include "engine/base/sha1.h"
#include "engine/torrent/swarm_shard.h"

namespace btfast {
namespace {

constexpr std::size_t kAllowedFastMax = 64;

}  // namespace

// -- handshakes -----------------------------------------------------------------------------

void SwarmShard::on_handshake(net::PeerConnection& connection, net::Handshake const& theirs) {
  Peer& peer = peer_of(connection);
  if (theirs.info_hash != torrent_->metainfo().info_hash) {
    close(peer, net::CloseReason::kWrongTorrent, to_hex(theirs.info_hash));
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
  peer.connection->open(torrent_->geometry().piece_count(), ours, telling_.observer());
  // Only now is this shard the connection's observer, whoever opened it.
  if (peer.id == ours.peer_id) {
    peer.connection->send_now();  // so that we who called learn it, and by which endpoint
    close(peer, net::CloseReason::kSelf);
  }
  if (peer.closing) return;
  peer.opened = true;
  tell_handshake(peer, theirs);
  peer.download.depth.set_path_rtt(peer.connection->path_rtt());
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
  if (hide) super_seed_->add_peer(peer.handle, attended_.now());
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
  hello.your_ip = peer.connection->remote();
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
  note_have(peer, *piece);
  if (super_seed_) super_seed_->on_have(peer.handle, *piece, attended_.now());
  after_haves(peer);
}

void SwarmShard::handle(Peer& peer, net::BitfieldMessage const& message) {
  auto has = Bitfield::from_wire(message.bits, torrent_->geometry().piece_count());
  if (!has) return close(peer, net::CloseReason::kProtocolError, "bitfield: length or spare bit");
  auto const before = peer.has.words();
  for (std::size_t w = 0; w < before.size(); ++w) {
    if ((before[w] & ~has->words()[w]) != 0) {
      return close(peer, net::CloseReason::kProtocolError, "bitfield: takes pieces back");
    }
  }
  if (has->none()) return;
  peer.has.none() ? set_has(peer, *std::move(has)) : add_has(peer, *has);
}

void SwarmShard::handle(Peer& peer, net::HaveAll const&) {
  if (peer.has.all()) return;
  Bitfield all{torrent_->geometry().piece_count(), true};
  peer.has.none() ? set_has(peer, std::move(all)) : add_has(peer, all);
}

void SwarmShard::handle(Peer& peer, net::HaveNone const&) {
  if (!peer.has.none())
    close(peer, net::CloseReason::kProtocolError, "have none: takes pieces back");
}

void SwarmShard::handle(Peer& peer, net::Request const& message) {
  PieceIndex const piece{message.piece};
  bool const secret = super_seed_ != nullptr && !super_seed_->offered(peer.handle, piece);
  if (super_seed_ != nullptr && !secret && !peer.am_choking) {
    super_seed_->on_asked(peer.handle, piece, message.length,
                          torrent_->geometry().piece_size(piece), attended_.now());
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
  // What it cannot say of itself is its own loss: all the rest of it may be right.
  if (!hello) return;
  if (!hello->client.empty()) peer.client = hello->client;
  if (hello->reqq) peer.download.depth.set_reqq(*hello->reqq);
  peer.upload_only = hello->upload_only;
  if (hello->your_ip.family() != net::Family::kNone && !std::exchange(peer.told_our_ip, true)) {
    reports_.send(AddressTold{peer.connection->remote(), hello->your_ip});
  }
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
    counters_.payload_down.add(bytes.size());
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

}  // namespace btfast
