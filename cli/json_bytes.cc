#include "cli/json_bytes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace btfast::cli {
namespace {

using Json = nlohmann::ordered_json;

bool stays(char c) noexcept {
  bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  bool const digit = c >= '0' && c <= '9';
  return letter || digit || std::string_view{"-._~/"}.find(c) != std::string_view::npos;
}

std::string encoded_key(std::string_view key) { return std::string{key} + "_encoded"; }

}  // namespace

std::string percent_encoded(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size());
  for (char const c : bytes) {
    auto const byte = static_cast<unsigned char>(c);
    if (stays(c)) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

void add_encoded(Json& object, std::string_view key, std::string_view bytes) {
  if (!is_utf8(bytes)) object[encoded_key(key)] = percent_encoded(bytes);
}

void add_encoded(Json& object, std::string_view key, std::vector<std::string> const& names) {
  if (std::ranges::all_of(names, is_utf8)) return;
  Json list = Json::array();
  for (auto const& name : names) list.push_back(percent_encoded(name));
  object[encoded_key(key)] = std::move(list);
}

}  // namespace btfast::cli
