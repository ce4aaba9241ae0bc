// Bencode spelled by hand in tests: malformed documents as easily as good ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace btfast::test {

// "4:spam".
inline std::string bstr(std::string_view text) {
  return std::to_string(text.size()) + ":" + std::string{text};
}
// "i42e".
inline std::string bint(std::int64_t value) { return "i" + std::to_string(value) + "e"; }

inline std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

inline std::vector<std::byte> to_bytes(std::string_view text) {
  auto const bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

}  // namespace btfast::test
