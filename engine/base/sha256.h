// SHA-256 (BitTorrent v2, BEP 52), through OpenSSL.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <span>

#include "engine/base/types.h"

namespace btfast {

Sha256Digest sha256(std::span<std::byte const> data) noexcept;

}  // namespace btfast
