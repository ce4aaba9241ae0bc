// The seal behind the ends in a part file: whose it is.  Two torrents may have one top name and
// ends of one length, and a user may have a file of the part file's name; only what is sealed for
// this torrent is read, written or removed.
//
//   zeros up to a block's edge, so that the seal shares no block with the last end
//   "btfast part 2\n", info hash, piece length, length of the ends (64 bits, big endian)
//   SHA-1 of all that stands before it in the seal
//   …and then which of the ends were written (part_file.h)
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

// Behind `ends` bytes of files' ends.
std::uint64_t part_seal_offset(std::uint64_t ends) noexcept;
std::vector<std::byte> part_seal(PartOwner const& owner, std::uint64_t ends);

}  // namespace btfast::storage
