#include "engine/upload/shard_choker.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "engine/base/limits.h"
#include "engine/swarm/peer_handle_hash.h"
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

bool waits(Peer const& peer) {
  return peer.opened && !peer.closing && peer.am_choking && peer.peer_interested;
}

// When the peer's waiting, or its turn, began.
TimePoint since(Peer const& peer) {
  Duration const pause = peer.upload.turn_unused ? ShardChoker::kUnusedPause : Duration{};
  return peer.upload.choke_changed + pause;
}

// What it asked for waits for us, or for its socket.
bool is_owed(Peer const& peer) {
  return !peer.upload.requests.empty() || peer.upload.read_pending ||
         peer.connection->send_queue_bytes() > 0;
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
  line_.clear();
  peers_.for_each([&](Peer& peer) {
    if (waits(peer)) line_.push_back(&peer);
  });
  std::stable_sort(line_.begin(), line_.end(),
                   [](Peer const* a, Peer const* b) { return since(*a) < since(*b); });
  for (Peer* const peer : line_) {
    if (!torrent_.try_take_upload_slot()) return;
    unchoke(*peer, now);
  }
}

void ShardChoker::on_tick(bool seeding, TimePoint now) {
  std::uint32_t const waiting = count_waiting();
  torrent_.count_upload_waiting(waiting - std::exchange(waiting_, waiting));
  if (seeding) take_idle_slots(now);
  if (waiting > 0) offer_slots(now);
}

std::uint32_t ShardChoker::count_waiting() {
  std::uint32_t waiting = 0;
  peers_.for_each([&](Peer const& peer) { waiting += waits(peer) ? 1 : 0; });
  return waiting;
}

void ShardChoker::take_idle_slots(TimePoint now) {
  bool const scarce = torrent_.upload_slots_scarce();
  peers_.for_each([&](Peer& peer) {
    auto& upload = peer.upload;
    if (peer.am_choking || peer.closing) return;
    bool const fetches = std::exchange(upload.asked, false) || is_owed(peer);
    upload.idle_ticks = fetches ? 0 : upload.idle_ticks + 1;
    if (!scarce || upload.idle_ticks < kIdleTicks) return;
    choke(peer, now);
    upload.turn_unused = peer.connection->traffic().payload_sent == upload.sent_at_unchoke;
  });
}

std::vector<ChokePeer> ShardChoker::snapshot(TimePoint now) {
  snapshot_at_ = now;
  std::vector<ChokePeer> out;
  out.reserve(peers_.size());
  peers_.for_each([&](Peer& peer) {
    if (!peer.opened || peer.closing) return;
    auto const& traffic = peer.connection->traffic();
    auto& upload = peer.upload;
    std::uint64_t const bytes_up = traffic.payload_sent - upload.sent_at_snapshot;
    out.push_back({.peer = peer.handle,
                   .interested = peer.peer_interested,
                   .unchoked = !peer.am_choking,
                   .snubs_us = snubs_us(peer, now),
                   .fetching = bytes_up > 0 || is_owed(peer),
                   .bytes_down = traffic.payload_received - upload.received_at_snapshot,
                   .bytes_up = bytes_up,
                   .bytes_up_unchoked = traffic.payload_sent - upload.sent_at_unchoke,
                   .unchoked_since = since(peer),
                   .connected_at = peer.connected_at});
    upload.received_at_snapshot = traffic.payload_received;
    upload.sent_at_snapshot = traffic.payload_sent;
  });
  return out;
}

void ShardChoker::apply(std::span<PeerHandle const> unchoked, TimePoint now) {
  std::unordered_set<PeerHandle, PeerHandleHash> const chosen{unchoked.begin(), unchoked.end()};
  auto const decided = [&](Peer const& peer) { return peer.upload.choke_changed <= snapshot_at_; };
  peers_.for_each([&](Peer& peer) {
    if (peer.am_choking || peer.closing || !decided(peer)) return;
    if (!chosen.contains(peer.handle)) choke(peer, now);
  });
  peers_.for_each([&](Peer& peer) {
    // Who lost interest since the snapshot does not wait any more.
    if (!waits(peer) || !decided(peer) || !chosen.contains(peer.handle)) return;
    torrent_.take_upload_slot();
    unchoke(peer, now);
  });
}

void ShardChoker::unchoke(Peer& peer, TimePoint now) {
  peer.am_choking = false;
  peer.upload.choke_changed = now;
  peer.upload.turn_unused = false;
  peer.upload.idle_ticks = 0;
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
