// LogCapture: what is logged while it lives, as text that tests can look at.
//
// Threads: events from any thread; the rest from the one that made it, and none may be logging
//          when it ends.
// Bound:   one at a time: the sink is the process's.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/log.h"

namespace btfast::test {

class LogCapture {
 public:
  explicit LogCapture(LogLevel lowest);
  ~LogCapture();
  LogCapture(LogCapture const&) = delete;
  LogCapture& operator=(LogCapture const&) = delete;

  // "event key=value key=value", in the order logged.
  std::vector<std::string> lines() const;
  // Those of one event.
  std::vector<std::string> lines_of(std::string_view event) const;
  std::size_t count(std::string_view event) const { return lines_of(event).size(); }
  void clear();

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace btfast::test
