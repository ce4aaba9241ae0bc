#include "cli/columns.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>

#include "engine/base/unicode.h"

namespace btfast::cli {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kSequence = "\x1b[";  // colours; strangers' escapes are shown as text
constexpr int kExtensionMax = 10;

// What a terminal shows as one character, with the marks that belong to it.
struct Cluster {
  std::size_t bytes = 0;
  int columns = 0;
  bool sequence = false;
};

int width_of(char32_t c) { return utf8proc_charwidth(static_cast<utf8proc_int32_t>(c)); }

Cluster sequence_at(std::string_view text) {
  std::size_t end = kSequence.size();
  while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
  return {.bytes = std::min(end + 1, text.size()), .columns = 0, .sequence = true};
}

// Where marks are measured each by itself, the sum is the most that a terminal may show.
Cluster first_cluster(std::string_view text) {
  if (text.starts_with(kSequence)) return sequence_at(text);
  std::string_view rest = text;
  auto before = take_code_point(rest);
  if (!before) return {.bytes = 1, .columns = 1};
  int columns = width_of(*before);
  utf8proc_int32_t state = 0;
  while (!rest.empty()) {
    std::string_view after = rest;
    auto const c = take_code_point(after);
    if (!c || utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(*before),
                                               static_cast<utf8proc_int32_t>(*c), &state)) {
      break;
    }
    columns += width_of(*c);
    before = c;
    rest = after;
  }
  return {.bytes = text.size() - rest.size(), .columns = columns};
}

// The bytes of a line that stand in its first row.  A wide character that does not fit into the
// last column goes to the next row whole.
std::size_t first_row(std::string_view line, int width) {
  std::size_t bytes = 0;
  for (int used = 0; bytes < line.size();) {
    Cluster const cluster = first_cluster(line.substr(bytes));
    if (used + cluster.columns > width && used > 0) break;
    used += cluster.columns;
    bytes += cluster.bytes;
  }
  return bytes;
}

// As much as fits; colour sequences stay even where the text between them goes.
std::string head_of(std::string_view text, int width) {
  std::string out;
  for (bool full = false; !text.empty();) {
    Cluster const cluster = first_cluster(text);
    full = full || cluster.columns > width;
    if (cluster.sequence || !full) out += text.substr(0, cluster.bytes);
    if (!full) width -= cluster.columns;
    text.remove_prefix(cluster.bytes);
  }
  return out;
}

std::string_view extension_of(std::string_view name) {
  auto const dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  auto const extension = name.substr(dot);
  bool const plausible =
      columns_of(extension) <= kExtensionMax && extension.find(' ') == std::string_view::npos;
  return plausible ? extension : std::string_view{};
}

}  // namespace

int columns_of(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    Cluster const cluster = first_cluster(text);
    columns += cluster.columns;
    text.remove_prefix(cluster.bytes);
  }
  return columns;
}

int rows_of(std::string_view line, int width) {
  int rows = 1;
  for (line.remove_prefix(first_row(line, width)); !line.empty(); ++rows) {
    line.remove_prefix(first_row(line, width));
  }
  return rows;
}

std::string_view first_rows(std::string_view line, int width, int rows) {
  std::size_t end = 0;
  for (int row = 0; row < rows; ++row) end += first_row(line.substr(end), width);
  return line.substr(0, end);
}

std::size_t last_character(std::string_view text) {
  std::size_t last = text.size();
  for (std::size_t at = 0; at < text.size();) {
    Cluster const cluster = first_cluster(text.substr(at));
    if (!cluster.sequence) last = at;
    at += cluster.bytes;
  }
  return last;
}

std::string fit_end(std::string_view text, int width) {
  if (columns_of(text) <= width) return std::string{text};
  if (width < 1) return {};
  // The dots stand before what closes a colour.
  std::string out = head_of(text, width - 1);
  auto const last = out.rfind(kSequence);
  bool const closed = last != std::string::npos && out.substr(last) == "\x1b[0m";
  return out.insert(closed ? last : out.size(), kEllipsis);
}

std::string fit_name(std::string_view name, int width) {
  if (columns_of(name) <= width) return std::string{name};
  std::string_view const extension = extension_of(name);
  int const end = columns_of(extension);
  if (end == 0 || 3 * end > width) return fit_end(name, width);
  std::string out = head_of(name.substr(0, name.size() - extension.size()), width - end - 1);
  return out.append(kEllipsis).append(extension);
}

std::string padded(std::string_view text, int width) {
  int const blanks = std::max(0, width - columns_of(text));
  return std::string{text}.append(static_cast<std::size_t>(blanks), ' ');
}

std::string padded_left(std::string_view text, int width) {
  int const blanks = std::max(0, width - columns_of(text));
  return std::string(static_cast<std::size_t>(blanks), ' ').append(text);
}

}  // namespace btfast::cli
