// What people are told of a torrent's trackers: the state of each, in the tracker's own words
// where it has any, and the log, in which each reason and each warning stands once.
//
// Threads: the control thread.
// Bound:   kTold of a torrent's words are told to everybody; what comes
//          after them, and what comes again, only to who asked for more (-v).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "engine/base/clock.h"
#include "engine/base/expected.h"
#include "net/tracker/tracker.h"

namespace btfast {

// One tracker, for people.
struct TrackerStatus {
  enum class State : std::uint8_t {
    kNotAsked,
    kAsking,
    kWorking,
    kFailed,
    kUnusable,  // its URL is one that we do not ask; the message says why
  };
  std::string url;  // without what may be a passkey (net/tracker/tracker_url.h)
  std::size_t tier = 0;
  State state = State::kNotAsked;
  bool answered = false;  // ever, if only to refuse: it was reached
  std::string message;    // its last failure or warning; a stranger's words, escape them
  bool its_words = true;  // of a working one; else what we say of its reply
  std::optional<std::uint32_t> seeders;
  std::optional<std::uint32_t> leechers;
  std::size_t peers = 0;                   // in its last reply
  std::optional<TimePoint> next_announce;  // not before this
};
std::string_view tracker_state_name(TrackerStatus::State state) noexcept;

// Keep a status and the log up to date with what a tracker said.
class TrackerNews {
 public:
  static constexpr std::size_t kTold = 32;

  void on_reply(TrackerStatus& status, net::AnnounceEvent event, net::AnnounceReply const& reply);
  void on_failure(TrackerStatus& status, net::AnnounceEvent event, Failure const& failure);
  void on_unusable(TrackerStatus& status, Failure const& failure);

 private:
  bool is_new(TrackerStatus const& status);

  std::unordered_set<std::string> told_;
};

}  // namespace btfast
