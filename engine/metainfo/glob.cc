#include "engine/metainfo/glob.h"

#include <optional>
#include <string>

#include "engine/base/unicode.h"

namespace btfast {
namespace {

// What is not UTF-8 matches itself, byte by byte, and nothing else.
constexpr char32_t kRawByte = 0x110000;

std::u32string code_points(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    auto const byte = static_cast<unsigned char>(text.front());
    out += take_code_point(text).value_or(kRawByte + byte);
  }
  return out;
}

struct SetMatch {
  bool matches;
  std::size_t after;  // the position behind "]"
};

// The set whose "[" is at `open`; empty where it is never closed.
std::optional<SetMatch> match_set(std::u32string const& pattern, std::size_t open, char32_t c) {
  std::size_t p = open + 1;
  bool const inverted = p < pattern.size() && (pattern[p] == U'!' || pattern[p] == U'^');
  if (inverted) ++p;
  bool found = false;
  for (bool first = true; p < pattern.size(); first = false) {
    if (pattern[p] == U']' && !first) return SetMatch{found != inverted, p + 1};
    if (pattern[p] == U'\\' && p + 1 < pattern.size()) ++p;
    char32_t const low = pattern[p++];
    bool const range = p + 1 < pattern.size() && pattern[p] == U'-' && pattern[p + 1] != U']';
    char32_t const high = range ? pattern[p + 1] : low;
    if (range) p += 2;
    found = found || (low <= c && c <= high);
  }
  return std::nullopt;
}

// The position behind the element at `p`, where it matches `c`.
std::optional<std::size_t> match_one(std::u32string const& pattern, std::size_t p, char32_t c) {
  if (pattern[p] == U'?') return p + 1;
  if (pattern[p] == U'[') {
    if (auto const set = match_set(pattern, p, c)) {
      if (!set->matches) return std::nullopt;
      return set->after;
    }
  }
  if (pattern[p] == U'\\' && p + 1 < pattern.size()) ++p;
  if (pattern[p] != c) return std::nullopt;
  return p + 1;
}

}  // namespace

bool has_open_set(std::string_view pattern_text) {
  std::u32string const pattern = code_points(pattern_text);
  for (std::size_t p = 0; p < pattern.size();) {
    if (pattern[p] == U'[') {
      auto const set = match_set(pattern, p, U'\0');
      if (!set) return true;
      p = set->after;
    } else {
      p += pattern[p] == U'\\' ? 2 : 1;
    }
  }
  return false;
}

bool glob_matches(std::string_view pattern_text, std::string_view text) {
  std::u32string const pattern = code_points(pattern_text);
  std::u32string const name = code_points(text);
  std::size_t p = 0;
  std::size_t n = 0;
  // Only the last `*` is ever tried again, so the work is at most pattern times name.
  std::optional<std::size_t> star;
  std::size_t star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == U'*') {
      star = ++p;
      star_name = n;
      continue;
    }
    auto const after = p < pattern.size() ? match_one(pattern, p, name[n]) : std::nullopt;
    if (after) {
      p = *after;
      ++n;
    } else if (star) {
      p = *star;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == U'*') ++p;
  return p == pattern.size();
}

}  // namespace btfast
