#include "cli/panel_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "cli/colour.h"
#include "cli/columns.h"

namespace btfast::cli {
namespace {

constexpr double kKiB = 1024.0;
constexpr double kMiB = 1024.0 * 1024.0;
constexpr int kBarLeast = 8;
constexpr int kBarMost = 60;
constexpr int kBarGap = 2;
// A name is shortened to so much before a detail leaves.
constexpr int kNameLeast = 16;
constexpr int kTitleGap = 3;
constexpr int kFieldGap = 3;
constexpr std::string_view kBetween = " · ";

int row_columns(std::vector<Field> const& fields, int gap) {
  int columns = 0;
  for (auto const& field : fields) {
    bool const last = &field == &fields.back();
    int const own = columns_of(field.forms.front());
    columns += last ? own : std::max(own, field.columns) + gap;
  }
  return columns;
}

// False when nothing is left to give way.
bool give_way(std::vector<Field>& fields) {
  if (fields.empty()) return false;
  auto last = fields.begin();
  for (auto field = fields.begin(); field != fields.end(); ++field) {
    if (field->rank >= last->rank) last = field;
  }
  last->forms.erase(last->forms.begin());
  if (last->forms.empty()) fields.erase(last);
  return true;
}

void make_fit(std::vector<Field>& fields, int width, int gap) {
  while (row_columns(fields, gap) > width && give_way(fields)) {
  }
}

std::string joined(std::vector<Field> const& fields, int gap) {
  std::string row;
  for (auto const& field : fields) {
    if (&field == &fields.back()) {
      row += field.forms.front();
    } else {
      row += padded(field.forms.front(), field.columns) +
             std::string(static_cast<std::size_t>(gap), ' ');
    }
  }
  return row;
}

}  // namespace

std::string row_of(std::vector<Field> fields, int width, int gap) {
  make_fit(fields, width, gap);
  return joined(fields, gap);
}

std::string indented_row(std::vector<Field> fields, int width) {
  std::string const row = row_of(std::move(fields), width - 1, kFieldGap);
  return row.empty() ? row : ' ' + row;
}

std::vector<std::string> indented_rows(std::vector<Field> const& fields, int width) {
  std::vector<std::string> rows;
  std::vector<Field> row;
  auto const end_row = [&] {
    if (auto text = indented_row(std::exchange(row, {}), width); !text.empty()) {
      rows.push_back(std::move(text));
    }
  };
  for (auto const& field : fields) {
    row.push_back(field);
    if (row.size() == 1 || row_columns(row, kFieldGap) < width) continue;
    row.pop_back();
    end_row();
    row.push_back(field);
  }
  end_row();
  return rows;
}

std::string title_row(std::string_view name, std::vector<std::string> const& details,
                      std::string_view clock, int width) {
  int const left = width - columns_of(clock) - kTitleGap;
  if (left < 1) return fit_end(name, width);
  int const name_least = std::min(columns_of(name), kNameLeast);
  std::string behind;
  for (auto const& detail : details) {
    std::string more = behind;
    more.append(behind.empty() ? std::string(kTitleGap, ' ') : std::string{kBetween});
    more.append(detail);
    if (name_least + columns_of(more) > left) break;
    behind = std::move(more);
  }
  std::string const front = fit_name(name, left - columns_of(behind)) + behind;
  return padded(front, left + kTitleGap).append(clock);
}

std::string bar_row(double percent, std::vector<Field> fields, int width, bool colour) {
  int const for_fields = width - 1;
  make_fit(fields, for_fields, kFieldGap);
  // A bar says more than how many bytes they are.
  std::vector<Field> beside = fields;
  make_fit(beside, for_fields - kBarLeast - kBarGap, kFieldGap);
  bool const has_bar = beside.size() > 1;
  std::string text = joined(has_bar ? beside : fields, kFieldGap);
  text.erase(text.find_last_not_of(' ') + 1);
  if (!has_bar) return ' ' + text;
  int const cells = std::min(for_fields - kBarGap - row_columns(beside, kFieldGap), kBarMost);
  return ' ' + bar(percent, cells, colour) + std::string(kBarGap, ' ') + text;
}

std::string bar(double percent, int cells, bool colour) {
  static constexpr std::string_view kPart[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  int const eighths = static_cast<int>(std::clamp(percent, 0.0, 100.0) / 100 * cells * 8);
  std::string done;
  std::string open;
  int used = 0;
  for (; used < eighths / 8; ++used) done += "█";
  if (eighths % 8 != 0) {
    done += kPart[eighths % 8];
    ++used;
  }
  for (; used < cells; ++used) open += "░";
  return coloured(colour, Colour::kGreen, done) + coloured(colour, Colour::kFaint, open);
}

std::string sparkline(std::array<double, 8> const& history) {
  static constexpr std::string_view kBars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"};
  double const top = *std::max_element(history.begin(), history.end());
  std::string out;
  for (double const v : history) {
    out += kBars[top <= 0 ? 0 : static_cast<std::size_t>(std::max(v, 0.0) / top * 7)];
  }
  return out;
}

std::string rate_text(double bytes_per_s) {
  bool const slow = bytes_per_s >= 1 && bytes_per_s < 0.1 * kMiB;
  return slow ? fmt::format("{:7.1f} KiB/s", bytes_per_s / kKiB)
              : fmt::format("{:7.1f} MiB/s", bytes_per_s / kMiB);
}

std::string eta_text(std::optional<std::chrono::seconds> eta) {
  if (!eta) return "-:--";
  auto const s = eta->count();
  if (s >= 100 * 3600) return fmt::format("{} days", s / 86'400);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace btfast::cli
