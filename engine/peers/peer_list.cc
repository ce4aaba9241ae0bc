#include "engine/peers/peer_list.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"

namespace btfast {
namespace {

constexpr std::uint8_t kFailuresMax = 8;
constexpr std::size_t kOurselvesMax = 1024;
// A connection that held this long was of use; a shorter one is no better than none.
constexpr std::chrono::minutes kLasting{1};

// 5 s after the first failure, doubling to about 20 minutes.
Duration back_off(std::uint8_t failures) {
  return std::chrono::seconds{5} * (1 << std::min<int>(failures, kFailuresMax));
}

// Did the other side show that it will not have us, or was it bad luck?  A duplicate counts:
// the peer is connected already, and need not be asked again soon.
bool counts_as_failure(net::CloseReason reason) {
  using net::CloseReason;
  switch (reason) {
    case CloseReason::kShutdown:
    case CloseReason::kTooManyPeers:
      return false;
    default:
      return true;
  }
}

// A stranger is its address; on loopback every peer has the same one, so there the port
// tells them apart.
net::Endpoint ban_key(net::Endpoint const& endpoint) {
  return endpoint.is_loopback() ? endpoint : endpoint.with_port(0);
}

}  // namespace

std::size_t PeerList::add(PeerOrigin origin, std::span<net::Endpoint const> peers, TimePoint now) {
  std::size_t added = 0;
  for (auto const& endpoint : peers) {
    if (endpoint.port() == 0 || banned(endpoint, now) || ourselves_.contains(endpoint)) continue;
    if (auto const known = peers_.find(endpoint); known != peers_.end()) {
      // A source names it again: it is alive for someone, so do not wait out a long back-off.
      known->second.failures = std::min<std::uint8_t>(known->second.failures, 1);
      continue;
    }
    if (peers_.size() >= limits::kPeerListEntries && !make_room()) break;
    std::uint32_t const rank = rank_ ? rank_(endpoint) : 0;
    peers_.emplace(endpoint, Entry{.origin = origin, .rank = rank, .retry_at = now});
    ++added;
  }
  return added;
}

void PeerList::mark_self(net::Endpoint const& endpoint) {
  if (ourselves_.size() < kOurselvesMax) ourselves_.insert(endpoint);
  auto const known = peers_.find(endpoint);
  if (known != peers_.end() && !known->second.in_use) peers_.erase(known);
}

bool PeerList::banned(net::Endpoint const& endpoint, TimePoint now) const {
  auto const found = bans_.find(ban_key(endpoint));
  return found != bans_.end() && now < found->second;
}

void PeerList::ban(net::Endpoint const& endpoint, TimePoint until) {
  bans_[ban_key(endpoint)] = until;
}

void PeerList::rank_by(Rank rank) {
  rank_ = std::move(rank);
  for (auto& [endpoint, entry] : peers_) entry.rank = rank_(endpoint);
}

bool PeerList::may_dial(Peers::value_type const& peer, TimePoint now,
                        AddressCount const& busy) const {
  auto const& [endpoint, entry] = peer;
  return !entry.in_use && now >= entry.retry_at && !banned(endpoint, now) && !busy.full(endpoint);
}

PeerList::Peers::iterator PeerList::best(TimePoint now, AddressCount const& busy) {
  auto best = peers_.end();
  std::uint32_t ties = 0;
  for (auto it = peers_.begin(); it != peers_.end(); ++it) {
    if (!may_dial(*it, now, busy)) continue;
    // Fewest failures, then the highest rank.
    auto const key = [](Entry const& e) { return std::pair{e.failures, ~e.rank}; };
    if (best == peers_.end() || key(it->second) < key(best->second)) {
      best = it;
      ties = 1;
    } else if (key(it->second) == key(best->second) && rng_.one_in(++ties)) {
      best = it;  // a fair choice among equals
    }
  }
  return best;
}

std::optional<net::Endpoint> PeerList::take(TimePoint now, AddressCount const& busy) {
  return use(best(now, busy), now);
}

std::optional<net::Endpoint> PeerList::take_above(std::uint32_t rank, TimePoint now,
                                                  AddressCount const& busy) {
  auto const found = best(now, busy);
  if (found == peers_.end() || found->second.failures > 0 || found->second.rank <= rank) {
    return std::nullopt;
  }
  return use(found, now);
}

std::optional<net::Endpoint> PeerList::use(Peers::iterator at, TimePoint now) {
  if (at == peers_.end()) return std::nullopt;
  at->second.in_use = true;
  at->second.taken_at = now;
  return at->first;
}

void PeerList::on_connected(net::Endpoint const& endpoint) {
  auto const found = peers_.find(endpoint);
  if (found != peers_.end()) found->second.connected = true;
}

void PeerList::on_closed(net::Endpoint const& endpoint, net::CloseReason reason, TimePoint now) {
  auto const found = peers_.find(endpoint);
  if (found == peers_.end()) return;
  Entry& entry = found->second;
  entry.in_use = false;
  bool const lasted = std::exchange(entry.connected, false) && now - entry.taken_at >= kLasting;
  if (lasted) entry.failures = 0;
  entry.retry_at = now + back_off(entry.failures);
  if (reason == net::CloseReason::kSelf) return mark_self(endpoint);
  if (counts_as_failure(reason) && entry.failures < kFailuresMax) ++entry.failures;
}

bool PeerList::make_room() {
  auto worst = peers_.end();
  for (auto it = peers_.begin(); it != peers_.end(); ++it) {
    if (it->second.in_use || it->second.failures == 0) continue;
    if (worst == peers_.end() || it->second.failures > worst->second.failures) worst = it;
  }
  if (worst == peers_.end()) return false;
  peers_.erase(worst);
  return true;
}

}  // namespace btfast
