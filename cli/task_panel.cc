#include "cli/task_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/columns.h"
#include "cli/panel_layout.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

constexpr double kRateLeast = 1.0;  // a second
constexpr int kEtaColumns = 8;      // "ETA 0:03"
constexpr int kSizeColumns = 10;
constexpr int kNamed = 60;  // from so many columns on it says what it is doing beside the bar

}  // namespace

void TaskFigures::sample(std::uint64_t done, std::uint64_t total, TimePoint now) {
  bool const first = last_ == TimePoint{};
  double const seconds = first ? 0 : std::chrono::duration<double>(now - last_).count();
  last_ = now;
  done_ = std::max(done, done_);
  total_ = total;
  if (!first) rate_.sample(done_, seconds);
}

double TaskFigures::percent() const noexcept {
  if (total_ == 0) return 0;
  return std::min(100.0, 100.0 * static_cast<double>(done_) / static_cast<double>(total_));
}

std::optional<std::chrono::seconds> TaskFigures::eta() const noexcept {
  if (total_ == 0 || per_s() < kRateLeast) return std::nullopt;
  double const left = static_cast<double>(total_ - std::min(done_, total_));
  return std::chrono::seconds{static_cast<std::int64_t>(std::ceil(left / per_s()))};
}

std::string render_task(std::string_view what, TaskFigures const& figures, TaskUnit unit, int width,
                        bool colour) {
  std::string const percent = fmt::format("{:.1f} %", figures.percent());
  std::string const eta = "ETA " + eta_text(figures.eta());
  std::string const front = width >= kNamed ? ' ' + std::string{what} : std::string{};
  std::vector<Field> fields{{.forms = {padded_left(percent, 7), percent}, .rank = 0}};
  if (unit == TaskUnit::kBytes) {
    std::string const done = human_size(figures.done());
    fields.push_back(
        {.forms = {padded_left(done, kSizeColumns) + " of " + human_size(figures.total()), done},
         .rank = 3});
    fields.push_back({.forms = {rate_text(figures.per_s())}, .rank = 2});
  }
  fields.push_back({.forms = {padded(eta, kEtaColumns), eta}, .rank = 1});
  return front + bar_row(figures.percent(), fields, width - columns_of(front), colour) + '\n';
}

}  // namespace btfast::cli
