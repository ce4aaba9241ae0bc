// The seal at the beginning of a part file: whose it is, however it was cut.  Two torrents may have
// one top name and ends of one length, and a user may have a file of the part file's name; only
// what is sealed for this torrent is read, written or removed.
//
//   "btfast part 3\n", info hash, piece length, length of the ends (64 bits, big endian)
//   SHA-1 of all that stands before it in the seal
//   …then which of the ends were written (part_file.h)
//   zeros up to a block's edge, so that the first end shares no block with it
//   …and then the ends
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/types.h"

namespace btfast::storage {

// What the places of a torrent's ends depend on.
struct PartOwner {
  InfoHash info_hash{};
  std::uint64_t piece_length = 0;
};

// Behind the seal and what follows it up to there.
std::uint64_t part_ends_offset(std::uint64_t head) noexcept;
std::vector<std::byte> part_seal(PartOwner const& owner, std::uint64_t ends);

}  // namespace btfast::storage
