// What is taken from an extension handshake is within its limits, and encodes to
// something that decodes.
#include <cstdint>
#include <span>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "net/wire/extension.h"

namespace btfast {

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {  // NOLINT
  auto const handshake = net::decode_extension_handshake(std::as_bytes(std::span{data, size}));
  if (!handshake) return 0;
  BTF_CHECK(handshake->client.size() <= 64);
  BTF_CHECK(!handshake->listen_port || *handshake->listen_port != 0);
  BTF_CHECK(!handshake->reqq || *handshake->reqq >= 1);
  BTF_CHECK(handshake->reqq.value_or(0) <= limits::kReqqAdvertised * 8);
  BTF_CHECK(handshake->metadata_size.value_or(1) >= 1);
  BTF_CHECK(handshake->metadata_size.value_or(1) <= limits::kMetainfoBytes);
  auto const wire = net::encode_extension_handshake(*handshake);
  BTF_CHECK(net::decode_extension_handshake(wire).has_value());
  return 0;
}

}  // namespace btfast
