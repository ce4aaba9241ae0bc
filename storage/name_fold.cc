#include "storage/name_fold.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "engine/base/unicode.h"

namespace btfast::storage {
namespace {

struct FoldRange {
  std::uint16_t first;
  std::uint16_t last;
  std::uint16_t step;
  std::int32_t delta;
};
struct Decomposition {
  std::uint16_t composed;
  std::uint16_t base;
  std::uint16_t mark;  // 0: the base alone
};

#include "storage/name_fold_tables.inc"

// Hangul syllables decompose by arithmetic (Unicode, section 3.12).
constexpr char32_t kHangulFirst = 0xac00;
constexpr char32_t kHangulLast = 0xd7a3;
constexpr char32_t kHangulVowels = 21;
constexpr char32_t kHangulTails = 28;

char32_t fold_case(char32_t c) noexcept {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  auto const* const range =
      std::lower_bound(std::begin(kFolds), std::end(kFolds), c,
                       [](FoldRange const& r, char32_t value) { return r.last < value; });
  if (range == std::end(kFolds) || c < range->first) return c;
  if ((c - range->first) % range->step != 0) return c;
  return static_cast<char32_t>(static_cast<std::int32_t>(c) + range->delta);
}

void append_hangul(std::string& out, char32_t syllable) {
  char32_t const index = syllable - kHangulFirst;
  append_utf8(out, 0x1100 + index / (kHangulVowels * kHangulTails));
  append_utf8(out, 0x1161 + index / kHangulTails % kHangulVowels);
  if (index % kHangulTails != 0) append_utf8(out, 0x11a7 + index % kHangulTails);
}

// Decompositions nest at most three deep: marks are collected, then written back to front.
void append_folded(std::string& out, char32_t c) {
  char32_t marks[4];
  int mark_count = 0;
  while (c >= 0x80 && mark_count < 4) {
    auto const* const found =
        std::lower_bound(std::begin(kDecompositions), std::end(kDecompositions), c,
                         [](Decomposition const& d, char32_t value) { return d.composed < value; });
    if (found == std::end(kDecompositions) || found->composed != c) break;
    if (found->mark != 0) marks[mark_count++] = found->mark;
    c = found->base;
  }
  if (c >= kHangulFirst && c <= kHangulLast) return append_hangul(out, c);
  append_utf8(out, fold_case(c));
  while (mark_count > 0) append_utf8(out, fold_case(marks[--mark_count]));
}

}  // namespace

std::string fold_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  while (!name.empty()) {
    char const byte = name.front();
    if (auto const c = take_code_point(name)) {
      append_folded(out, *c);
    } else {
      out.push_back(byte);
    }
  }
  return out;
}

}  // namespace btfast::storage
