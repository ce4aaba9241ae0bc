#include "cli/notices.h"

#include <algorithm>
#include <variant>

#include "cli/panel.h"
#include "cli/progress_mode.h"

namespace btfast::cli {
namespace {

// Only what trackers say becomes a notice.
constexpr std::string_view kOfTrackers = "tracker_";

}  // namespace

bool Notices::Said::stands_in(std::string_view notice) const {
  return notice.find(url) != std::string_view::npos && notice.find(words) != std::string_view::npos;
}

Notices::Said Notices::said_by(std::span<LogField const> fields) {
  Said said;
  for (auto const& field : fields) {
    auto const* const text = std::get_if<std::string>(&field.value);
    if (text == nullptr) continue;
    if (field.key == "url") said.url = *text;
    if (field.key == "reason" || field.key == "message") said.words = *text;
  }
  return said;
}

// On a terminal too low for the panel there is a line, which has no room for a notice.
bool Notices::shown_on_panel() const {
  return resolved_mode(options_, terminal_) == ProgressMode::kPanel &&
         terminal_.height() > kPanelRowsMax;
}

bool Notices::admit(std::string_view event, std::span<LogField const> fields) {
  if (!event.starts_with(kOfTrackers)) return true;
  Said said = said_by(fields);
  if (said.url.empty() || said.words.empty()) return true;
  if (options_.verbose == 0 && shown_on_panel() && said.stands_in(now())) return false;
  if (recorded_.size() == kRecorded) recorded_.pop_front();
  recorded_.push_back(std::move(said));
  return true;
}

bool Notices::recorded(std::string_view notice) const {
  return std::any_of(recorded_.begin(), recorded_.end(), [&](Said const& said) {
    return notice.starts_with(said.url) && notice.ends_with(said.words);
  });
}

}  // namespace btfast::cli
