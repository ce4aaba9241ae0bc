// What decodes must encode to the same bytes.
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/check.h"
#include "net/wire/message.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {  // NOLINT
  auto const body = std::as_bytes(std::span{data, size});
  auto const message = btfast::net::decode_message(body);
  if (!message) return 0;
  std::vector<std::byte> again;
  btfast::net::encode_message(*message, again);
  BTF_CHECK(again.size() == size + 4);
  BTF_CHECK(std::equal(body.begin(), body.end(), again.begin() + 4));
  return 0;
}
