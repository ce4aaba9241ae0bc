// ExitDeadline: a bound on how long the program takes to end.  A disk that hangs holds the
// threads that wait for it, and nothing but the end of the process gets rid of them.
//
// Threads: the control thread.  The process has one at a time.
#pragma once

#include <chrono>
#include <string>

#include "cli/exit_status.h"
#include "cli/ready_descriptor.h"

namespace btfast::cli {

class ExitDeadline {
 public:
  // What trackers and a last checkpoint may take, and some.
  static constexpr std::chrono::seconds kPatience{8};

  ExitDeadline();
  ~ExitDeadline();
  ExitDeadline(ExitDeadline const&) = delete;
  ExitDeadline& operator=(ExitDeadline const&) = delete;

  // From now on kPatience, then `text` on standard error and the end with `exit`.
  void arm(ExitStatus exit, std::string text);

 private:
  ReadyDescriptor const errors_;
};

}  // namespace btfast::cli
