#include "cli/tracker_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace btfast::cli {
namespace {

using State = TrackerStatus::State;

TrackerStatus const* first(TrackerStatuses const& trackers, auto const& fits) {
  auto const found = std::find_if(trackers.begin(), trackers.end(), fits);
  return found == trackers.end() ? nullptr : &*found;
}
TrackerStatus const* first_in(TrackerStatuses const& trackers, State state) {
  return first(trackers, [state](auto const& t) { return t.state == state; });
}

// Who answered with a refusal has more to say than who was not reached; least says a URL that
// we did not ask.
TrackerStatus const* most_telling(TrackerStatuses const& trackers) {
  if (auto const* const refusing =
          first(trackers, [](auto const& t) { return t.state == State::kFailed && t.answered; })) {
    return refusing;
  }
  auto const* const failed = first_in(trackers, State::kFailed);
  return failed != nullptr ? failed : first_in(trackers, State::kUnusable);
}

std::string trouble(TrackerStatuses const& trackers) {
  auto const* const worst = most_telling(trackers);
  return worst == nullptr ? std::string{} : fmt::format("{}: {}", worst->url, worst->message);
}

std::string words_of(TrackerStatus const& t) {
  if (t.state != State::kWorking) return fmt::format("{}: {}", t.url, t.message);
  return fmt::format("{}{}: {}", t.url, t.its_words ? kTrackerWarns : kTrackerSentOdd, t.message);
}

std::string warning_of(TrackerStatuses const& trackers) {
  auto const* const warning = first(
      trackers, [](auto const& t) { return t.state == State::kWorking && !t.message.empty(); });
  return warning == nullptr ? std::string{} : words_of(*warning);
}

// A working one that warns, and each that answered, has words of its own; the same words of
// several are told once.  Of those that were not reached one is named where nobody answered.
std::vector<std::string> all_words(TrackerStatuses const& trackers) {
  std::vector<std::string> words;
  std::vector<std::string_view> told;
  for (auto const& t : trackers) {
    bool const spoke = !t.message.empty() && t.answered;
    if (!spoke || std::ranges::find(told, t.message) != told.end()) continue;
    if (words.size() == kTrackersNamed) break;
    told.push_back(t.message);
    words.push_back(words_of(t));
  }
  if (words.empty() && most_telling(trackers) != nullptr) words.push_back(trouble(trackers));
  return words;
}

std::string words_of_all(TrackerStatuses const& trackers) {
  auto const words = all_words(trackers);
  auto const silent = [](auto const& t) { return t.message.empty(); };
  std::size_t const more = trackers.size() - words.size() -
                           static_cast<std::size_t>(std::ranges::count_if(trackers, silent));
  return fmt::format("{}", fmt::join(words, "; ")) +
         (more == 0 ? "" : fmt::format(" (and {} more)", more));
}

// Where those that work know nobody.
std::string lonely_text(TrackerStatuses const& trackers) {
  auto const* const working = first_in(trackers, State::kWorking);
  bool const lonely =
      std::all_of(trackers.begin(), trackers.end(), [](auto const& t) { return t.peers == 0; });
  return lonely && working != nullptr ? working->url + " knows no other peer" : std::string{};
}

std::string awaited_text(TrackerStatuses const& trackers) {
  auto const* const asked = first_in(trackers, State::kAsking);
  return asked == nullptr ? std::string{} : "no answer yet from " + asked->url;
}

// What comes before the trouble of the trackers.
std::string reach_of_all(TrackerStatuses const& trackers, PeerScene const& peers) {
  bool const reached = anybody_reached(peers);
  std::string const peer = reached ? "no peer was of use" : "no peer could be reached";
  // A name of a scheme that we do not speak is no tracker of ours.
  if (trackers.empty()) return peer + ", and the torrent names no tracker that can be asked";
  if (first(trackers, [](auto const& t) { return t.answered; }) != nullptr) {
    return peers_text(peers).empty() ? "no peers: " : peer + ": ";
  }
  if (first_in(trackers, State::kFailed) == nullptr)
    return peer + ", and no tracker may be asked: ";
  return reached ? peer + ", and no tracker could be reached: "
                 : "no tracker and no peer could be reached: ";
}

}  // namespace

std::string tracker_notice(TrackerStatuses const& trackers, NoticeContext const& context) {
  if (auto text = warning_of(trackers); context.has_peers || !text.empty()) return text;
  if (first_in(trackers, State::kWorking) != nullptr) return lonely_text(trackers);
  bool const failed = first_in(trackers, State::kFailed) != nullptr;
  if (failed || first_in(trackers, State::kAsking) == nullptr) return trouble(trackers);
  return context.answer_due ? awaited_text(trackers) : std::string{};
}

std::string trackers_text(TrackerStatuses const& trackers, bool answer_due) {
  std::string text = words_of_all(trackers);
  std::string rest = lonely_text(trackers);
  if (rest.empty() && text.empty() && answer_due) rest = awaited_text(trackers);
  return text + (text.empty() || rest.empty() ? "" : "; ") + rest;
}

bool all_trackers_failed(TrackerStatuses const& trackers) noexcept {
  return std::all_of(trackers.begin(), trackers.end(), [](auto const& t) {
    return t.state == State::kFailed || t.state == State::kUnusable;
  });
}

std::string nobody_reached(TrackerStatuses const& trackers, PeerScene const& peers) {
  std::string text = reach_of_all(trackers, peers) + words_of_all(trackers);
  if (auto const ends = peers_text(peers); !ends.empty()) text += "; " + ends;
  return text;
}

std::vector<std::string> tracker_warnings(TrackerStatuses const& trackers) {
  std::vector<std::string> warnings;
  for (auto const& t : trackers) {
    if (!t.message.empty()) warnings.push_back(t.url + ": " + t.message);
  }
  return warnings;
}

nlohmann::ordered_json trackers_json(TrackerStatuses const& trackers) {
  auto const count = [](std::optional<std::uint32_t> n) {
    return n ? nlohmann::ordered_json(*n) : nlohmann::ordered_json();
  };
  auto all = nlohmann::ordered_json::array();
  for (auto const& t : trackers) {
    all.push_back({{"url", t.url},
                   {"tier", t.tier + 1},
                   {"state", tracker_state_name(t.state)},
                   {"message", t.message},
                   {"seeders", count(t.seeders)},
                   {"leechers", count(t.leechers)},
                   {"peers", t.peers}});
  }
  return all;
}

}  // namespace btfast::cli
