#include "cli/near_word.h"

#include <algorithm>
#include <vector>

#include "engine/base/ascii.h"

namespace btfast::cli {
namespace {

// Longer ones are no slips of ours; it bounds the work too.
constexpr std::size_t kLongest = 64;
constexpr std::size_t kShortestBeginning = 3;
constexpr std::size_t kLongEnoughForTwo = 6;

std::optional<std::string> begun(std::string const& word, std::span<std::string const> known) {
  if (word.size() < kShortestBeginning) return std::nullopt;
  std::optional<std::string> found;
  for (auto const& each : known) {
    if (!each.starts_with(word)) continue;
    if (found) return std::nullopt;
    found = each;
  }
  return found;
}

}  // namespace

// Optimal string alignment, three rows at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, changed});
      bool const swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::optional<std::string> near_word(std::string_view word, std::span<std::string const> known) {
  if (word.empty() || word.size() > kLongest) return std::nullopt;
  std::string const typed = ascii_lower(word);
  std::size_t const most = typed.size() >= kLongEnoughForTwo ? 2 : 1;
  std::optional<std::string> found;
  std::size_t nearest = most + 1;
  for (auto const& each : known) {
    std::size_t const steps = edit_distance(typed, each);
    if (steps >= nearest) continue;
    nearest = steps;
    found = each;
  }
  return found ? found : begun(typed, known);
}

std::string did_you_mean(std::optional<std::string> const& meant) {
  return meant ? "; did you mean " + *meant + "?" : std::string{};
}

}  // namespace btfast::cli
