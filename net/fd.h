// Fd: the move-only owner of one kernel descriptor.
//
// Ownership: closes what it holds.  Sockets made through a Reactor are closed through
//            that Reactor instead, for in the simulator they are not descriptors.
#pragma once

#include <unistd.h>

#include <utility>

namespace btfast::net {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept {
    // Never again after EINTR: Linux has freed the number by then.
    if (int const old = std::exchange(fd_, fd); old >= 0) ::close(old);
  }

 private:
  int fd_ = -1;
};

}  // namespace btfast::net
