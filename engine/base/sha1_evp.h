// SHA-1 through OpenSSL's EVP interface, one stream: what our own lanes are compared with.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <span>

#include "engine/base/types.h"

namespace btfast {

Sha1Digest sha1_evp(std::span<std::byte const> data) noexcept;

}  // namespace btfast
