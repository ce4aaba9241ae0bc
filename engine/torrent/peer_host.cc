#include "engine/torrent/peer_host.h"

#include <algorithm>
#include <utility>

#include "engine/base/descriptors.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/base/sha1.h"

namespace btfast {

PeerHost::PeerHost(net::EventLoop& loop, net::PeerTimes const& times)
    : loop_(loop),
      times_(times),
      strangers_max_(std::min<std::size_t>(kStrangersMax, descriptors_for_sockets() / 2)) {}

PeerHost::~PeerHost() = default;

void PeerHost::add_shard(InfoHash const& info_hash, SwarmShard& shard) {
  loop_.role().assert_here();
  shards_[info_hash] = &shard;
}

void PeerHost::remove_shard(InfoHash const& info_hash) {
  loop_.role().assert_here();
  shards_.erase(info_hash);
}

void PeerHost::welcome(net::Accepted accepted) {
  loop_.role().assert_here();
  if (addresses_.full(accepted.remote)) return loop_.reactor().close(accepted.fd);
  make_room();
  auto connection = net::PeerConnection::accept(loop_, accepted, *this, times_);
  if (!connection) return;
  addresses_.add(accepted.remote);
  tell_connected(**connection);
  strangers_.push_back({*std::move(connection), loop_.now()});
}

void PeerHost::make_room() {
  if (strangers_.empty()) return;
  Stranger const& oldest = strangers_.front();
  bool const crowded = strangers_.size() >= static_cast<std::size_t>(limits::kHalfOpen) &&
                       loop_.now() - oldest.since >= kTimeToGreet;
  if (crowded || strangers_.size() >= strangers_max_) {
    oldest.connection->close(net::CloseReason::kTooManyPeers);
  }
}

void PeerHost::close_all() {
  loop_.role().assert_here();
  while (!strangers_.empty()) strangers_.back().connection->close(net::CloseReason::kShutdown);
}

void PeerHost::on_torrent_named(net::PeerConnection& connection, InfoHash const& info_hash) {
  auto const shard = shards_.find(info_hash);
  if (shard == shards_.end()) {
    return connection.close(net::CloseReason::kWrongTorrent, to_hex(info_hash));
  }
  connection.answer(shard->second->handshake());
}

void PeerHost::on_handshake(net::PeerConnection& connection, net::Handshake const& theirs) {
  auto const shard = shards_.find(theirs.info_hash);
  if (shard == shards_.end()) {
    connection.close(net::CloseReason::kWrongTorrent, to_hex(theirs.info_hash));
    return;
  }
  shard->second->adopt(release(connection), theirs);
}

void PeerHost::on_closed(net::PeerConnection& connection, net::CloseReason reason,
                         std::string_view detail) {
  if (reason == net::CloseReason::kWrongTorrent) {
    wrong_hash_.add(1);
    tell_wrong_hash(connection, detail);
  }
  if (log_enabled(LogLevel::kInfo)) {
    log_event(LogLevel::kInfo, "peer_closed",
              {{"peer", connection.remote().to_string()},
               {"incoming", true},
               {"handshake", false},
               {"reason", close_reason_name(reason)},
               {"detail", detail}});
  }
  // The connection is still on the stack above us.
  loop_.defer([gone = std::shared_ptr<net::PeerConnection>(release(connection))] {});
}

std::unique_ptr<net::PeerConnection> PeerHost::release(net::PeerConnection& connection) {
  auto const found = std::find_if(strangers_.begin(), strangers_.end(),
                                  [&](auto const& s) { return s.connection.get() == &connection; });
  if (found == strangers_.end()) return nullptr;
  auto owned = std::move(found->connection);
  strangers_.erase(found);
  addresses_.remove(owned->remote());
  return owned;
}

}  // namespace btfast
