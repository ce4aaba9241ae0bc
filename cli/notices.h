// Notices: what a person should know now of a transfer, and the records of the same, so that one
// trouble is told once: on the panel, or in a record, whoever reads that.
//
// A record whose words the panel is about to show is held until they have been shown there, whole
// and for as long as one reads; where they leave before, or are cut, it is printed.
//
// Threads: admit() any; of what trackers say, as all else here, the control thread.
// Bound:   it remembers the last kRecorded records, and holds kHeld.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/output_options.h"
#include "cli/terminal.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"

namespace btfast::cli {

class Notices {
 public:
  using Source = std::function<std::string()>;
  static constexpr std::size_t kRecorded = 64;
  static constexpr std::size_t kHeld = 64;
  static constexpr std::chrono::seconds kRead{2};

  Notices(OutputOptions const& options, Terminal& terminal)
      : options_(options), terminal_(terminal) {}

  // Of the transfer, for as long as it lives.
  void set_source(Source source) { source_ = std::move(source); }
  // "" where all is well.
  std::string now() const { return source_ ? source_() : std::string{}; }
  // Whether a record is to be printed now: false where the panel is about to say the same.
  bool admit(LogLevel level, std::string_view event, std::span<LogField const> fields);
  // The panel was painted, and this notice stands on it whole; "": none does.
  void on_painted(std::string_view notice, TimePoint now);
  // There is no panel any more, and nothing is held: what is in the last word is told by it.
  void end(std::string_view last_word);
  // Whether a record has said all that this notice says.
  bool recorded(std::string_view notice) const;

 private:
  // Which tracker, and its words or ours.
  struct Said {
    std::string url;
    std::string words;
    bool begins(std::string_view notice) const;
    bool stands_in(std::string_view text) const;
    bool is_all_of(std::string_view notice) const;
  };
  struct Held {
    Said said;
    std::string record;
    std::optional<TimePoint> shown_since = std::nullopt;
  };
  static Said said_by(std::span<LogField const> fields);
  bool keep_held(Held& held, std::string_view notice, TimePoint now);
  void print(Held& held);
  void remember(Said said);

  OutputOptions const options_;
  Terminal& terminal_;
  Source source_;
  std::deque<Said> recorded_;
  std::vector<Held> held_;
};

}  // namespace btfast::cli
