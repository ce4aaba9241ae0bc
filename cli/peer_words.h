// What a download tells of its peers where nothing comes: how many are known, and what became of
// them, each kind with one example.
//
// Threads: pure functions.
// Bound:   a text names kKindsShown kinds of ends, and of each one peer; JSON has them all.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/peers/peer_ends.h"

namespace btfast::cli {

inline constexpr std::size_t kKindsShown = 3;

using PeerEndCounts = std::vector<PeerEnds::Count>;

// The peers of a download at one moment.
struct PeerScene {
  std::size_t connected = 0;
  std::size_t giving = 0;   // of them, those that do not choke us
  std::size_t awaited = 0;  // called, and without an answer yet
  PeerEndCounts ends = {};  // of all others
};

// "3 peers known: 2 could not be reached (10.0.0.1:9: Connection refused), 1 has another torrent
// (10.0.0.2:5)"; empty where none is known.
std::string peers_text(PeerScene const& scene);
// Whether a connection to one of them stood, if only for a moment.
bool anybody_reached(PeerScene const& scene) noexcept;
// [{reason, handshake, peers, peer, detail}]: peer is an example, detail what is known of its end.
nlohmann::ordered_json peer_ends_json(PeerEndCounts const& ends);

}  // namespace btfast::cli
