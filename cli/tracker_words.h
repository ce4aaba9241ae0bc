// What a download tells of its trackers: why there are no peers, in the tracker's own words.
//
// A tracker is named by its scheme, host and port; what else its URL holds may be a passkey
// (net/tracker/tracker_url.h).  "Could be reached" is said of trackers that never answered; one
// that answered was reached, whatever it said.
//
// Bound:   a text names kTrackersNamed trackers and counts the others; JSON has them all.
// Threads: pure functions.  A stranger's words are raw: escape before printing.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/peer_words.h"
#include "engine/peers/tracker_status.h"

namespace btfast::cli {

// Between a working tracker's URL and ": " before its words, or ours of its reply.
inline constexpr std::string_view kTrackerWarns = " warns";
inline constexpr std::string_view kTrackerSentOdd = " sent an odd reply";

inline constexpr std::size_t kTrackersNamed = 3;

using TrackerStatuses = std::vector<TrackerStatus>;

// What a person should know now, in one line: a warning; and while there are no peers, which
// tracker failed and how, or, when an answer is due, is waited for.  Empty where all is well.
struct NoticeContext {
  bool has_peers = false;
  bool answer_due = true;
};
std::string tracker_notice(TrackerStatuses const& trackers, NoticeContext const& context);

// For the verdict of a run that gave up, whoever is connected: what they said, each in its words,
// or which of them failed; then, where they know nobody or have not answered, that.
std::string trackers_text(TrackerStatuses const& trackers, bool answer_due);

// Whether none of them works or may still answer.
bool all_trackers_failed(TrackerStatuses const& trackers) noexcept;
// The verdict when all failed and no peer was ever connected; with what became of the peers.
std::string nobody_reached(TrackerStatuses const& trackers, PeerScene const& peers = {});

// "URL: words" of each warning, failure and refusal of ours.
std::vector<std::string> tracker_warnings(TrackerStatuses const& trackers);
// [{url, tier (from 1), state, message, seeders, leechers, peers}]
nlohmann::ordered_json trackers_json(TrackerStatuses const& trackers);

}  // namespace btfast::cli
