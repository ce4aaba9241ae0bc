#include "engine/swarm/peer_telling.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <variant>

#include "engine/base/log.h"
#include "engine/swarm/client_name.h"
#include "net/peer_connection.h"
#include "net/wire/extension.h"

namespace btfast {
namespace {

double ms(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::string name_of(Peer const& peer) { return peer.connection->remote().to_string(); }

// Who says so: the peer of itself, or we of us.
void tell(std::string_view event, Peer const& peer, std::string_view by) {
  log_event(LogLevel::kInfo, event, {{"peer", name_of(peer)}, {"by", by}});
}

void tell_pieces(Peer const& peer, std::uint32_t pieces, std::size_t bytes) {
  log_event(
      LogLevel::kInfo, "peer_bitfield",
      {{"peer", name_of(peer)}, {"pieces", pieces}, {"of", peer.has.size()}, {"bytes", bytes}});
}

// Each message that is a step on a peer's way.
struct Steps {
  Peer const& peer;

  void operator()(net::Choke const&) const {
    if (!peer.peer_choking) tell("peer_choked", peer, "peer");
  }
  void operator()(net::Unchoke const&) const {
    if (peer.peer_choking) tell("peer_unchoked", peer, "peer");
  }
  void operator()(net::Interested const&) const {
    if (!peer.peer_interested) tell("peer_interested", peer, "peer");
  }
  void operator()(net::NotInterested const&) const {
    if (peer.peer_interested) tell("peer_not_interested", peer, "peer");
  }
  void operator()(net::BitfieldMessage const& message) const {
    auto const has = Bitfield::from_wire(message.bits, peer.has.size());
    tell_pieces(peer, has ? has->count() : 0, message.bits.size());
  }
  void operator()(net::HaveAll const&) const { tell_pieces(peer, peer.has.size(), 0); }
  void operator()(net::HaveNone const&) const { tell_pieces(peer, 0, 0); }
  void operator()(net::Extended const& message) const {
    if (message.extension != 0) return;
    auto const hello = net::decode_extension_handshake(message.payload);
    // It may say so again at any time, to tell of something else.
    if (!hello || hello->client.empty() || hello->client == peer.client) return;
    log_event(
        LogLevel::kInfo, "peer_client",
        {{"peer", name_of(peer)}, {"client", hello->client}, {"upload_only", hello->upload_only}});
  }
  // The others are many.
  template <class Other>
  void operator()(Other const&) const {}
};

}  // namespace

void tell_connected(net::PeerConnection const& connection) {
  if (!log_enabled(LogLevel::kInfo)) return;
  log_event(LogLevel::kInfo, "peer_connected",
            {{"peer", connection.remote().to_string()}, {"incoming", connection.incoming()}});
}

void tell_handshake(Peer const& peer, net::Handshake const& theirs) {
  if (!log_enabled(LogLevel::kInfo)) return;
  log_event(LogLevel::kInfo, "peer_handshake",
            {{"peer", name_of(peer)},
             {"client", client_name(theirs.peer_id)},
             {"incoming", peer.connection->incoming()},
             {"fast", theirs.fast_extension},
             {"extended", theirs.extension_protocol},
             {"dht", theirs.dht}});
}

void tell_wrong_hash(net::PeerConnection const& connection, std::string_view info_hash) {
  if (!log_enabled(LogLevel::kInfo)) return;
  log_event(LogLevel::kInfo, "peer_wrong_hash",
            {{"peer", connection.remote().to_string()},
             {"incoming", connection.incoming()},
             {"info_hash", info_hash}});
}

void tell_our_interest(Peer const& peer) {
  if (!log_enabled(LogLevel::kInfo)) return;
  tell(peer.am_interested ? "peer_interested" : "peer_not_interested", peer, "us");
}

void tell_our_choke(Peer const& peer) {
  if (!log_enabled(LogLevel::kInfo)) return;
  tell(peer.am_choking ? "peer_choked" : "peer_unchoked", peer, "us");
}

void tell_pieces_checked(Peer const& peer, std::uint32_t pending) {
  if (!log_enabled(LogLevel::kTrace)) return;
  log_event(LogLevel::kTrace, "pieces_checked",
            {{"peer", name_of(peer)}, {"pending", pending}, {"has", peer.wanted_pieces}});
}

IdleRound::IdleRound(PeerTable& peers) : peers_(peers) {
  if (!log_enabled(LogLevel::kTrace)) return;
  peers_.for_each([this](Peer const& peer) {
    bool const may_give = peer.opened && !peer.closing && peer.am_interested && !peer.peer_choking;
    if (may_give && peer.download.requests.empty()) idle_.push_back(peer.handle);
  });
}

IdleRound::~IdleRound() {
  auto const asked = std::ranges::count_if(idle_, [this](PeerHandle handle) {
    Peer const* const peer = peers_.find(handle);
    return peer != nullptr && !peer->download.requests.empty();
  });
  if (asked == 0) return;
  log_event(LogLevel::kTrace, "idle_peers", {{"idle", idle_.size()}, {"asked", asked}});
}

net::PeerObserver& PeerTelling::observer() noexcept {
  return log_enabled(LogLevel::kInfo) ? *this : shard_;
}

void PeerTelling::on_handshake(net::PeerConnection& connection, net::Handshake const& theirs) {
  shard_.on_handshake(connection, theirs);
}

void PeerTelling::on_message(net::PeerConnection& connection, net::Message const& message) {
  Peer const* const peer = peers_.at(connection.user_slot());
  if (peer != nullptr && !peer->closing) tell_message(*peer, message);
  shard_.on_message(connection, message);
}

void PeerTelling::tell_message(Peer const& peer, net::Message const& message) const {
  std::visit(Steps{peer}, message);
  if (!log_enabled(LogLevel::kTrace)) return;
  log_event(LogLevel::kTrace, "message",
            {{"peer", name_of(peer)}, {"message", message_name(message)}});
}

void PeerTelling::on_block_in_place(net::PeerConnection& connection,
                                    net::PieceHeader const& block) {
  if (Peer const* const peer = peers_.at(connection.user_slot())) tell_block(*peer, block);
  shard_.on_block_in_place(connection, block);
}

void PeerTelling::on_block_bytes(net::PeerConnection& connection, net::PieceHeader const& block,
                                 std::span<std::byte const> bytes) {
  if (Peer const* const peer = peers_.at(connection.user_slot())) tell_block(*peer, block);
  shard_.on_block_bytes(connection, block, bytes);
}

void PeerTelling::tell_block(Peer const& peer, net::PieceHeader const& block) const {
  TimePoint const now = loop_.now();
  if (peer.download.last_block == TimePoint{}) {
    log_event(
        LogLevel::kInfo, "peer_first_block",
        {{"peer", name_of(peer)}, {"piece", block.piece}, {"ms", ms(now - peer.connected_at)}});
  }
  if (!log_enabled(LogLevel::kTrace)) return;
  auto const& requests = peer.download.requests;
  auto const at = requests.find({PieceIndex{block.piece}, block.begin, block.length});
  log_event(LogLevel::kTrace, "block",
            {{"piece", block.piece},
             {"offset", block.begin},
             {"length", block.length},
             {"peer", name_of(peer)},
             {"ms", at ? ms(now - requests[*at].sent) : -1.0}});  // -1: not asked for any more
}

void PeerTelling::on_read_batch_end(net::PeerConnection& connection) {
  shard_.on_read_batch_end(connection);
}

void PeerTelling::on_send_drained(net::PeerConnection& connection) {
  shard_.on_send_drained(connection);
}

void PeerTelling::on_closed(net::PeerConnection& connection, net::CloseReason reason,
                            std::string_view detail) {
  shard_.on_closed(connection, reason, detail);
}

}  // namespace btfast
