// How many of the process's descriptors a torrent's trackers and peers may have, beside its
// files.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/expected.h"

namespace btfast {

// How many trackers are asked at once, with a third of what files leave; at least one.
std::size_t trackers_within_descriptors() noexcept;
// `wanted`, or as many as the limit and the trackers leave; at least one.
std::uint32_t peers_within_descriptors(std::uint32_t wanted) noexcept;

// What a command cannot begin without.
struct FirstSockets {
  bool peer = false;
  bool tracker = false;
};
// Whether there is room for them beside what is open already; kNoResource where not.
Outcome check_room_for(FirstSockets wanted);

}  // namespace btfast
