// Notices: what a person should know now of a transfer, and the records of the same, so that one
// trouble is told once: on the panel, or in a record, whoever reads that.
//
// Threads: admit() any; of what trackers say, as all else here, the control thread.
// Bound:   it remembers the last kRecorded records.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cli/output_options.h"
#include "cli/terminal.h"
#include "engine/base/log.h"

namespace btfast::cli {

class Notices {
 public:
  using Source = std::function<std::string()>;
  static constexpr std::size_t kRecorded = 64;

  Notices(OutputOptions const& options, Terminal const& terminal)
      : options_(options), terminal_(terminal) {}

  // Of the transfer, for as long as it lives.
  void set_source(Source source) { source_ = std::move(source); }
  // "" where all is well.
  std::string now() const { return source_ ? source_() : std::string{}; }
  // Whether a record is to be printed: false where the panel says the same.
  bool admit(std::string_view event, std::span<LogField const> fields);
  // Whether a record has said all that this notice says.
  bool recorded(std::string_view notice) const;

 private:
  // Which tracker, and its words or ours.
  struct Said {
    std::string url;
    std::string words;
    bool stands_in(std::string_view notice) const;
  };
  static Said said_by(std::span<LogField const> fields);
  bool shown_on_panel() const;

  OutputOptions const options_;
  Terminal const& terminal_;
  Source source_;
  std::deque<Said> recorded_;
};

}  // namespace btfast::cli
