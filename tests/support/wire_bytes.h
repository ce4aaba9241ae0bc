// Short ways to write bytes in tests of the wire.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/byte_io.h"
#include "net/wire/message.h"

namespace btfast::test {

using Bytes = std::vector<std::byte>;

template <class... B>
Bytes bytes(B... values) {
  return {static_cast<std::byte>(values)...};
}

inline Bytes text_bytes(std::string_view text) {
  auto const view = as_bytes(text);
  return {view.begin(), view.end()};
}

inline void append(Bytes& to, std::span<std::byte const> more) {
  to.insert(to.end(), more.begin(), more.end());
}

inline Bytes frame_of(net::Message const& message) {
  Bytes out;
  net::encode_message(message, out);
  return out;
}

// A whole piece message.
inline Bytes block_frame(std::uint32_t piece, std::uint32_t begin,
                         std::span<std::byte const> payload) {
  Bytes out;
  net::encode_piece_header({piece, begin, static_cast<std::uint32_t>(payload.size())}, out);
  append(out, payload);
  return out;
}

}  // namespace btfast::test
