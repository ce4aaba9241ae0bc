// The exit statuses of btfast: a contract with scripts.
#pragma once

#include "engine/base/error.h"

namespace btfast::cli {

enum class ExitStatus : int {
  kDone = 0,
  kInternal = 1,  // or out of a resource at start
  kUsage = 2,
  kBadTorrent = 3,
  kNetwork = 4,  // cannot listen, or no tracker and no peer reachable
  kGaveUp = 5,   // --timeout, --stall-timeout
  kStorage = 6,
  kInterrupted = 7,  // unfinished; the same command resumes
  kVerifyFailed = 8,
  kDiskFull = 9,
  kOutputBusy = 10,  // another btfast holds this output
};

ExitStatus exit_status_of(Failure const& failure) noexcept;

}  // namespace btfast::cli
