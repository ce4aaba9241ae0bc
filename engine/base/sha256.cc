#include "engine/base/sha256.h"

#include <openssl/sha.h>

namespace btfast {

Sha256Digest sha256(std::span<std::byte const> data) noexcept {
  Sha256Digest digest;
  SHA256(reinterpret_cast<unsigned char const*>(data.data()), data.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace btfast
