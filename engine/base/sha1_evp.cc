#include "engine/base/sha1_evp.h"

#include <openssl/evp.h>

#include "engine/base/check.h"

namespace btfast {

Sha1Digest sha1_evp(std::span<std::byte const> data) noexcept {
  Sha1Digest digest;
  int const done =
      EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                 EVP_sha1(), nullptr);
  BTF_CHECK(done == 1);
  return digest;
}

}  // namespace btfast
