// TrackerTable: who is in which swarm, for a tracker of a closed network.  Decides what an
// announce is answered with; knows neither HTTP nor UDP.
//
// Threads: plain data of one thread; time is passed in and chance comes from a seed.
// Bound:   TrackerLimits.  When there is no room, who missed two intervals makes it.  A peer
//          for whom there is none is told of others and not itself remembered; a torrent for
//          which there is none is refused.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/base/types.h"
#include "net/endpoint.h"
#include "net/tracker/tracker.h"

namespace btfast::net {

struct TrackerLimits {
  std::size_t torrents = 10'000;
  std::size_t peers_per_torrent = 5'000;
  std::size_t peers = 100'000;  // about 130 bytes each
  std::uint32_t numwant = 200;  // given to one asker at most
  std::chrono::seconds interval{120};
  // Who was silent for two intervals and for this as well is forgotten.  A client has a shortest
  // interval of its own (btfast a minute, libtorrent five), which a tracker cannot lower.
  std::chrono::seconds keep_least{15 * 60};
};

// An announce as the table sees it.
struct TrackerAnnounce {
  InfoHash info_hash{};
  PeerId peer_id{};
  Endpoint peer;  // the address it was sent from, with the port that the peer listens on
  std::uint64_t left = 0;
  AnnounceEvent event = AnnounceEvent::kNone;
  std::uint32_t numwant = 50;
  Family only_family = Family::kNone;  // of the peers it wants
};

struct SwarmCounts {
  std::uint32_t seeders = 0;
  std::uint32_t leechers = 0;
  std::uint32_t downloaded = 0;  // leeches that became seeds
};

struct TrackerPeer {
  Endpoint endpoint;
  PeerId id{};
};

struct TrackerAnswer {
  SwarmCounts counts;
  std::vector<TrackerPeer> peers;  // never the asker; no seeds for a seed
};

class TrackerTable {
 public:
  TrackerTable(TrackerLimits const& limits, std::uint64_t seed);

  TrackerLimits const& limits() const noexcept { return limits_; }
  // Empty when there is no room for another torrent.
  std::optional<TrackerAnswer> announce(TrackerAnnounce const& announce, TimePoint now);
  // Empty when nobody is in that swarm.
  std::optional<SwarmCounts> scrape(InfoHash const& info_hash) const;
  // Forgets peers that were silent for too long (TrackerLimits), and empty swarms.
  void expire(TimePoint now);

  std::size_t torrent_count() const noexcept { return swarms_.size(); }
  std::size_t peer_count() const noexcept { return peer_count_; }

 private:
  struct Entry {
    TrackerPeer peer;
    TimePoint seen{};
  };
  struct Place {
    bool seed = false;
    std::uint32_t index = 0;
  };
  struct Swarm {
    std::vector<Entry> seeds;
    std::vector<Entry> leeches;
    std::unordered_map<Endpoint, Place, EndpointHash> places;
    std::uint32_t downloaded = 0;

    std::vector<Entry>& list(bool seed) noexcept { return seed ? seeds : leeches; }
    SwarmCounts counts() const noexcept;
    void put(Entry const& entry, bool seed);
    bool remove(Endpoint const& endpoint);
  };

  bool full_for(InfoHash const& info_hash) const;
  void make_room(TimePoint now);
  void forget_silent_since(TimePoint then);
  void remember(Swarm& swarm, TrackerAnnounce const& announce, TimePoint now);
  void sample(Swarm const& swarm, TrackerAnnounce const& asker, std::vector<TrackerPeer>& out);

  TrackerLimits const limits_;
  Rng rng_;
  std::unordered_map<InfoHash, Swarm, DigestHash> swarms_;
  std::size_t peer_count_ = 0;
  TimePoint next_room_{};             // not looked for before
  std::vector<std::uint32_t> order_;  // scratch of sample()
};

}  // namespace btfast::net
