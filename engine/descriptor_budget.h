// How many of the process's descriptors a torrent's peers may have, beside its files.
//
// Threads: any.
#pragma once

#include <cstdint>

namespace btfast {

// `wanted`, or as many as the limit leaves; at least one.
std::uint32_t peers_within_descriptors(std::uint32_t wanted) noexcept;

}  // namespace btfast
