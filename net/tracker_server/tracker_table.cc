#include "net/tracker_server/tracker_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace btfast::net {
namespace {

// Looking for room costs as much as all peers, so a full table does it now and then.
constexpr std::chrono::seconds kRoomInterval{10};

}  // namespace

SwarmCounts TrackerTable::Swarm::counts() const noexcept {
  return {static_cast<std::uint32_t>(seeds.size()), static_cast<std::uint32_t>(leeches.size()),
          downloaded};
}

void TrackerTable::Swarm::put(Entry const& entry, bool seed) {
  auto& entries = list(seed);
  places[entry.peer.endpoint] = {seed, static_cast<std::uint32_t>(entries.size())};
  entries.push_back(entry);
}

// The last of its list takes the place.
bool TrackerTable::Swarm::remove(Endpoint const& endpoint) {
  auto const found = places.find(endpoint);
  if (found == places.end()) return false;
  Place const place = found->second;
  places.erase(found);
  auto& entries = list(place.seed);
  if (place.index + 1 != entries.size()) {
    entries[place.index] = entries.back();
    places[entries[place.index].peer.endpoint] = place;
  }
  entries.pop_back();
  return true;
}

TrackerTable::TrackerTable(TrackerLimits const& limits, std::uint64_t seed)
    : limits_(limits), rng_(seed) {}

std::optional<TrackerAnswer> TrackerTable::announce(TrackerAnnounce const& announce,
                                                    TimePoint now) {
  if (full_for(announce.info_hash)) make_room(now);
  auto found = swarms_.find(announce.info_hash);
  if (announce.event == AnnounceEvent::kStopped) {
    if (found == swarms_.end()) return TrackerAnswer{};
    if (found->second.remove(announce.peer)) --peer_count_;
    return TrackerAnswer{found->second.counts(), {}};
  }
  if (found == swarms_.end()) {
    if (swarms_.size() >= limits_.torrents) return std::nullopt;
    found = swarms_.try_emplace(announce.info_hash).first;
  }
  Swarm& swarm = found->second;
  remember(swarm, announce, now);
  TrackerAnswer answer{swarm.counts(), {}};
  sample(swarm, announce, answer.peers);
  return answer;
}

void TrackerTable::remember(Swarm& swarm, TrackerAnnounce const& announce, TimePoint now) {
  bool const seeds = announce.left == 0;
  auto const known = swarm.places.find(announce.peer);
  if (known == swarm.places.end()) {
    if (peer_count_ >= limits_.peers || swarm.places.size() >= limits_.peers_per_torrent) return;
    ++peer_count_;
  } else {
    if (seeds && !known->second.seed) ++swarm.downloaded;
    swarm.remove(announce.peer);
  }
  swarm.put({{announce.peer, announce.peer_id}, now}, seeds);
}

// The front of a random permutation, as far as it is needed.
void TrackerTable::sample(Swarm const& swarm, TrackerAnnounce const& asker,
                          std::vector<TrackerPeer>& out) {
  std::size_t const leeches = swarm.leeches.size();
  std::size_t const count = leeches + (asker.left == 0 ? 0 : swarm.seeds.size());
  std::size_t const wanted = std::min(asker.numwant, limits_.numwant);
  order_.resize(count);
  std::iota(order_.begin(), order_.end(), 0u);
  for (std::size_t i = 0; i < count && out.size() < wanted; ++i) {
    std::swap(order_[i], order_[i + rng_.below(static_cast<std::uint32_t>(count - i))]);
    std::size_t const at = order_[i];
    TrackerPeer const& peer =
        at < leeches ? swarm.leeches[at].peer : swarm.seeds[at - leeches].peer;
    // The same peer id at another address is the asker's other family.
    if (peer.endpoint == asker.peer || peer.id == asker.peer_id) continue;
    if (asker.only_family != Family::kNone && peer.endpoint.family() != asker.only_family) continue;
    out.push_back(peer);
  }
}

std::optional<SwarmCounts> TrackerTable::scrape(InfoHash const& info_hash) const {
  auto const found = swarms_.find(info_hash);
  if (found == swarms_.end()) return std::nullopt;
  return found->second.counts();
}

void TrackerTable::expire(TimePoint now) {
  forget_silent_since(now - std::max(2 * limits_.interval, limits_.keep_least));
}

bool TrackerTable::full_for(InfoHash const& info_hash) const {
  if (peer_count_ >= limits_.peers) return true;
  auto const found = swarms_.find(info_hash);
  return found == swarms_.end() ? swarms_.size() >= limits_.torrents
                                : found->second.places.size() >= limits_.peers_per_torrent;
}

void TrackerTable::make_room(TimePoint now) {
  if (now < next_room_) return;
  next_room_ = now + kRoomInterval;
  forget_silent_since(now - 2 * limits_.interval);
}

void TrackerTable::forget_silent_since(TimePoint then) {
  for (auto at = swarms_.begin(); at != swarms_.end();) {
    Swarm& swarm = at->second;
    for (bool const seed : {false, true}) {
      auto& entries = swarm.list(seed);
      // Backwards: what takes a removed one's place has been looked at.
      for (std::size_t i = entries.size(); i-- > 0;) {
        if (entries[i].seen >= then) continue;
        swarm.remove(Endpoint{entries[i].peer.endpoint});
        --peer_count_;
      }
    }
    at = swarm.places.empty() ? swarms_.erase(at) : std::next(at);
  }
}

}  // namespace btfast::net
