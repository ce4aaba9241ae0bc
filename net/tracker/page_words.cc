#include "net/tracker/page_words.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/base/ascii.h"
#include "engine/base/byte_io.h"

namespace btfast::net {
namespace {

constexpr std::size_t kLookedAt = 16 * 1024;  // a title stands near the front
constexpr std::size_t kWordsBytes = 120;

std::string_view text_of(std::span<std::byte const> body) {
  auto text = as_text(body.first(std::min(body.size(), kLookedAt)));
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

std::string_view title_of(std::string_view page) {
  auto const lower = ascii_lower(page);
  auto const tag = lower.find("<title");
  if (tag == std::string::npos) return {};
  auto const start = lower.find('>', tag);
  if (start == std::string::npos) return {};
  auto const end = lower.find('<', start);
  if (end == std::string::npos) return {};
  return page.substr(start + 1, end - start - 1);
}

// Where the tag or comment ends that begins at `at`, with all of what is not shown of a script
// or a style.
std::size_t end_of_markup(std::string_view lower, std::size_t at) {
  auto const after = [&](std::string_view mark) {
    auto const found = lower.find(mark, at);
    return found == std::string_view::npos ? lower.size() : found + mark.size();
  };
  auto const markup = lower.substr(at);
  if (markup.starts_with("<!--")) return after("-->");
  if (markup.starts_with("<script")) return after("</script>");
  if (markup.starts_with("<style")) return after("</style>");
  return after(">");
}

// What a page shows, each tag a blank.
std::string shown_text(std::string_view page) {
  auto const lower = ascii_lower(page);
  std::string out;
  for (std::size_t at = 0; at < page.size();) {
    bool const markup = page[at] == '<';
    out += markup ? ' ' : page[at];
    at = markup ? end_of_markup(lower, at) : at + 1;
  }
  return out;
}

// Blanks of any kind and length become one, those at the ends none.
std::string squeezed(std::string_view text) {
  std::string out;
  bool gap = false;
  for (char const c : text) {
    if (kBlanks.find(c) != std::string_view::npos) {
      gap = !out.empty();
      continue;
    }
    if (std::exchange(gap, false)) out += ' ';
    out += c;
    if (out.size() > kWordsBytes) return out.substr(0, kWordsBytes) + "...";
  }
  return out;
}

bool is_plain(std::string_view line) {
  return std::none_of(line.begin(), line.end(), [](char c) {
    auto const u = static_cast<unsigned char>(c);
    return (u < 0x20 && c != '\t') || u == 0x7f;
  });
}

// A letter or a digit, of any script; not a bracket alone.
bool says_something(char c) {
  auto const u = static_cast<unsigned char>(ascii_lower(c));
  return (u >= 'a' && u <= 'z') || (u >= '0' && u <= '9') || u >= 0x80;
}

std::string first_line(std::string_view text) {
  constexpr std::string_view kEnds = "\r\n";
  while (!text.empty()) {
    auto const line = text.substr(0, text.find_first_of(kEnds));
    if (!is_plain(line)) return {};
    if (std::any_of(line.begin(), line.end(), says_something)) return squeezed(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

}  // namespace

bool is_web_page(std::span<std::byte const> body) { return text_of(body).starts_with('<'); }

std::string page_words(std::span<std::byte const> body) {
  auto const text = text_of(body);
  if (!text.starts_with('<')) return first_line(text);
  auto title = squeezed(title_of(text));
  return title.empty() ? squeezed(shown_text(text)) : title;
}

}  // namespace btfast::net
