#include "engine/base/escape.h"

#include <cstdint>

#include "engine/base/unicode.h"

namespace btfast {
namespace {

std::string hex(std::string_view before, int digits, std::uint32_t value) {
  std::string out{before};
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[(value >> shift) & 15];
  }
  return out;
}

void append_escape(std::string& out, char32_t c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  auto const value = static_cast<std::uint32_t>(c);
  out += value < 0x80      ? hex("\\x", 2, value)
         : value < 0x10000 ? hex("\\u", 4, value)
                           : hex("\\U", 8, value);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto const byte = static_cast<unsigned char>(text.front());
    auto const c = take_code_point(text);
    if (!c) {
      out += hex("\\x", 2, byte);
    } else if (*c == '\\') {
      out += "\\\\";
    } else if (is_control(*c) || is_invisible(*c)) {
      append_escape(out, *c);
    } else {
      append_utf8(out, *c);
    }
  }
  return out;
}

}  // namespace btfast
