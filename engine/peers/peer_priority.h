// The canonical peer priority (BEP 40): a number that both ends of a connection compute
// alike and nobody chooses.  When everyone keeps the connections with the highest numbers,
// the swarm's graph is random and stays connected, and no group can close itself off.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/endpoint.h"

namespace btfast {

// Higher is to be kept.  Of two addresses of different families: 0.
std::uint32_t peer_priority(net::Endpoint const& one, net::Endpoint const& other) noexcept;

// CRC-32C (Castagnoli).
std::uint32_t crc32c(std::span<std::uint8_t const> bytes) noexcept;

}  // namespace btfast
