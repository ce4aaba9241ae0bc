// What a download says where nothing comes, or comes no more: of its trackers, and of its peers.
//
// Threads: pure functions.  A stranger's words are raw: escape before printing.
#pragma once

#include <string>
#include <string_view>

#include "cli/peer_words.h"
#include "cli/tracker_words.h"

namespace btfast::cli {

// One moment of a download.
struct FetchView {
  TrackerStatuses trackers;
  PeerScene peers;
  bool fetching = true;     // neither checking nor done
  bool answer_due = true;   // trackers and peers have had time to answer
  bool block_came = false;  // lately
};

// What a person should know now, in one line: of the peers once each of them has ended, so that
// it does not change with each one.  Empty where all is well.
std::string fetch_notice(FetchView const& view);
// "gave up: WHY"; what became of the peers, where nothing comes; and what trackers said, whether or
// not a peer is connected: it may be why there is no better one.
std::string gave_up_text(std::string_view why, FetchView const& view);

}  // namespace btfast::cli
