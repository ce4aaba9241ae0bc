// Unwritable: while it lives nobody may write this file: it is immutable where we are root,
// whom permissions do not stop, and else of mode 0444.
//
// Threads: one.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif

#include <filesystem>
#include <utility>

#include "storage/fd.h"

namespace btfast::test {

class Unwritable {
 public:
  explicit Unwritable(std::filesystem::path path) : path_(std::move(path)) { set(true); }
  ~Unwritable() { set(false); }
  Unwritable(Unwritable const&) = delete;
  Unwritable& operator=(Unwritable const&) = delete;

  // False where the file system knows no such thing: the test has to be skipped.
  bool holds() const { return !storage::Fd{::open(path_.c_str(), O_WRONLY | O_CLOEXEC)}; }

 private:
  void set(bool on) const {
    (void)::chmod(path_.c_str(), on ? 0444 : 0644);
#ifdef __linux__
    storage::Fd const fd{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
    int flags = 0;
    if (!fd || ::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) != 0) return;
    flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    (void)::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags);
#endif
  }

  std::filesystem::path const path_;
};

}  // namespace btfast::test
