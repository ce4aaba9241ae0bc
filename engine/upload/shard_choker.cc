#include "engine/upload/shard_choker.h"

#include <algorithm>

#include "engine/base/limits.h"
#include "engine/swarm/peer_telling.h"

namespace btfast {
namespace {

// It unchoked us, we asked, and nothing came for this long.
constexpr std::chrono::seconds kSnubbedAfter{60};

bool snubs_us(Peer const& peer, TimePoint now) {
  auto const& download = peer.download;
  if (download.requests.empty()) return false;
  TimePoint const since = std::max(download.last_block, download.requests[0].sent);
  return now - since >= kSnubbedAfter;
}

}  // namespace

void ShardChoker::on_interest(Peer& peer, TimePoint now) {
  if (peer.closing) return;
  if (peer.peer_interested) {
    if (peer.am_choking && torrent_.try_take_upload_slot()) unchoke(peer, now);
  } else if (!peer.am_choking) {
    choke(peer, now);
    offer_slots(now);
  }
}

void ShardChoker::on_closed(Peer& peer, TimePoint now) {
  if (peer.am_choking) return;
  peer.am_choking = true;
  torrent_.release_upload_slot();
  offer_slots(now);
}

void ShardChoker::offer_slots(TimePoint now) {
  for (;;) {
    Peer* next = nullptr;
    peers_.for_each([&](Peer& peer) {
      if (!peer.opened || peer.closing || !peer.am_choking || !peer.peer_interested) return;
      if (next == nullptr || peer.upload.choke_changed < next->upload.choke_changed) next = &peer;
    });
    if (next == nullptr || !torrent_.try_take_upload_slot()) return;
    unchoke(*next, now);
  }
}

std::vector<ChokePeer> ShardChoker::snapshot(TimePoint now) {
  std::vector<ChokePeer> out;
  peers_.for_each([&](Peer& peer) {
    if (!peer.opened || peer.closing) return;
    auto const& traffic = peer.connection->traffic();
    auto& upload = peer.upload;
    out.push_back({.peer = peer.handle,
                   .interested = peer.peer_interested,
                   .unchoked = !peer.am_choking,
                   .snubs_us = snubs_us(peer, now),
                   .bytes_down = traffic.payload_received - upload.received_at_snapshot,
                   .bytes_up = traffic.payload_sent - upload.sent_at_snapshot,
                   .bytes_up_unchoked = traffic.payload_sent - upload.sent_at_unchoke,
                   .unchoked_since = upload.choke_changed,
                   .connected_at = peer.connected_at});
    upload.received_at_snapshot = traffic.payload_received;
    upload.sent_at_snapshot = traffic.payload_sent;
  });
  return out;
}

void ShardChoker::apply(std::span<PeerHandle const> unchoked, TimePoint now) {
  auto const chosen = [&](Peer const& peer) {
    return std::find(unchoked.begin(), unchoked.end(), peer.handle) != unchoked.end();
  };
  peers_.for_each([&](Peer& peer) {
    if (!peer.am_choking && !peer.closing && !chosen(peer)) choke(peer, now);
  });
  peers_.for_each([&](Peer& peer) {
    if (!peer.opened || peer.closing || !peer.am_choking || !chosen(peer)) return;
    if (!peer.peer_interested) return;  // it lost interest since the snapshot
    torrent_.take_upload_slot();
    unchoke(peer, now);
  });
}

void ShardChoker::unchoke(Peer& peer, TimePoint now) {
  peer.am_choking = false;
  peer.upload.choke_changed = now;
  peer.upload.sent_at_unchoke = peer.connection->traffic().payload_sent;
  peer.connection->send(net::Unchoke{});
  tell_our_choke(peer);
}

void ShardChoker::choke(Peer& peer, TimePoint now) {
  peer.am_choking = true;
  peer.upload.choke_changed = now;
  torrent_.release_upload_slot();
  peer.connection->send(net::Choke{});
  tell_our_choke(peer);
  uploads_.on_choked(peer);
}

}  // namespace btfast
