// A prefix that is refused never becomes good, and what decodes encodes to the same
// but for reserved bits that nobody knows.
#include <cstdint>
#include <span>

#include "engine/base/check.h"
#include "net/wire/handshake.h"

namespace btfast::net {

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {  // NOLINT
  auto const wire = std::as_bytes(std::span{data, size});
  bool good = true;
  for (std::size_t n = 0; n <= size; ++n) {
    bool const now = handshake_prefix_ok(wire.first(n));
    BTF_CHECK(good || !now);
    good = now;
  }
  if (size < kHandshakeBytes) return 0;
  auto const handshake = decode_handshake(wire.first<kHandshakeBytes>());
  BTF_CHECK(handshake.has_value() == handshake_prefix_ok(wire.first(kHandshakeBytes)));
  if (handshake) BTF_CHECK(decode_handshake(encode_handshake(*handshake)) == handshake);
  return 0;
}

}  // namespace btfast::net
