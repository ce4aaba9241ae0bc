#include "cli/notices.h"

#include <algorithm>
#include <ctime>
#include <variant>

#include "cli/progress_mode.h"
#include "cli/record_format.h"
#include "cli/tracker_words.h"

namespace btfast::cli {
namespace {

// Only what trackers say becomes a notice.
constexpr std::string_view kOfTrackers = "tracker_";

// What stands after "URL: ", "URL warns: " or the like; nothing where another one is named.
std::optional<std::string_view> words_in(std::string_view notice, std::string_view url) {
  if (!notice.starts_with(url)) return std::nullopt;
  notice.remove_prefix(url.size());
  for (auto const verb : {std::string_view{}, kTrackerWarns, kTrackerSentOdd}) {
    if (!notice.starts_with(verb) || !notice.substr(verb.size()).starts_with(": ")) continue;
    return notice.substr(verb.size() + 2);
  }
  return std::nullopt;
}

}  // namespace

// What others said, or what became of the peers, may follow.
bool Notices::Said::begins(std::string_view notice) const {
  auto const told = words_in(notice, url);
  if (!told || !told->starts_with(words)) return false;
  auto const rest = told->substr(words.size());
  return rest.empty() || rest.starts_with("; ") || rest.starts_with(" (and ");
}

bool Notices::Said::stands_in(std::string_view text) const {
  for (auto at = text.find(url); at != std::string_view::npos; at = text.find(url, at + 1)) {
    if (begins(text.substr(at))) return true;
  }
  return false;
}

bool Notices::Said::is_all_of(std::string_view notice) const {
  return words_in(notice, url) == words;
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

bool Notices::admit(LogLevel level, std::string_view event, std::span<LogField const> fields) {
  if (!event.starts_with(kOfTrackers)) return true;
  Said said = said_by(fields);
  if (said.url.empty() || said.words.empty()) return true;
  bool const panel = resolved_mode(options_, terminal_) == ProgressMode::kPanel;
  if (options_.verbose == 0 && panel && held_.size() < kHeld && said.begins(now())) {
    held_.push_back({.said = std::move(said),
                     .record = format_record(options_.record_format(), std::time(nullptr), level,
                                             event, fields)});
    return false;
  }
  remember(std::move(said));
  return true;
}

void Notices::remember(Said said) {
  if (recorded_.size() == kRecorded) recorded_.pop_front();
  recorded_.push_back(std::move(said));
}

void Notices::print(Held& held) {
  terminal_.line(held.record);
  remember(std::move(held.said));
}

bool Notices::keep_held(Held& held, std::string_view notice, TimePoint now) {
  if (held.shown_since && now - *held.shown_since >= kRead) return false;
  if (held.said.begins(notice)) {
    if (!held.shown_since) held.shown_since = now;
    return true;
  }
  print(held);
  return false;
}

void Notices::on_painted(std::string_view notice, TimePoint now) {
  std::erase_if(held_, [&](Held& held) { return !keep_held(held, notice, now); });
}

void Notices::end(std::string_view last_word) {
  source_ = {};
  for (auto& held : held_) {
    if (!held.said.stands_in(last_word)) print(held);
  }
  held_.clear();
}

bool Notices::recorded(std::string_view notice) const {
  return std::any_of(recorded_.begin(), recorded_.end(),
                     [&](Said const& said) { return said.is_all_of(notice); });
}

}  // namespace btfast::cli
