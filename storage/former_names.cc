#include "storage/former_names.h"

#include "engine/base/unicode.h"

namespace btfast::storage {
namespace {

bool mended(char32_t c) noexcept { return is_control(c) || c == '/' || c == '\\'; }

bool letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The stem cut between characters, an extension of up to 32 bytes kept.
std::string shortened(std::string const& name) {
  constexpr std::size_t kExtensionBytes = 32;
  std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || name.size() - dot > kExtensionBytes) {
    dot = name.size();
  }
  std::size_t room = kFormerElementBytes - (name.size() - dot);
  while (room > 0 && (static_cast<unsigned char>(name[room]) & 0xc0) == 0x80) --room;
  return name.substr(0, room) + name.substr(dot);
}

}  // namespace

std::string former_element(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  while (!raw.empty()) {
    auto const c = take_code_point(raw);
    if (c && is_invisible(*c)) continue;
    if (!c || mended(*c)) {
      out.push_back('_');
    } else {
      append_utf8(out, *c);
    }
  }
  bool const blank = out.find_first_not_of(' ') == std::string::npos;
  if (blank || out == "." || out == "..") return "_";
  if (out.size() >= 2 && out[1] == ':' && letter(out[0])) out[1] = '_';
  return out.size() <= kFormerElementBytes ? out : shortened(out);
}

}  // namespace btfast::storage
