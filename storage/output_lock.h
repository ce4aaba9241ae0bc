// OutputLock: one program at a time writes to a download.  The lock is on the download
// itself, the file or the top folder: nothing is left behind, renaming the control file
// does not matter, and the kernel lets go when the process dies, however it dies.
//
// Threads:   plain value, one owner.
// Ownership: move-only; the lock ends with it.
#pragma once

#include <string>
#include <utility>

#include "engine/base/expected.h"
#include "storage/fd.h"

namespace btfast::storage {

class OutputLock {
 public:
  OutputLock() = default;

  // For what holds `path` below `root`: the file itself, or the first folder on the way.
  // kNotFound: it is not there yet.  kBusy: another has it.  Where the file system has no
  // locks the answer is an empty lock, and we go on without.
  static Expected<OutputLock> take(int root, std::string const& path);

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }

 private:
  explicit OutputLock(Fd fd) noexcept : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace btfast::storage
