// ReadyDescriptor: a descriptor that text goes to, written to without ever waiting for whoever
// reads it.
//
// Others share the open file, the shell among them, and its flags stay as they are.  So a terminal
// or a pipe is opened a second time, not to block; a socket is told so with each write.  Where it
// cannot be opened (another user's terminal, no /proc), we ask before each write instead: a pipe
// that is ready takes PIPE_BUF bytes, a terminal mostly.
//
// Threads:   write: any, and signal handlers.
// Ownership: the descriptor stays its caller's; the second one is ours.
// Errors:    a closed or full stream takes nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace btfast::cli {

class ReadyDescriptor {
 public:
  explicit ReadyDescriptor(int fd) noexcept;
  ~ReadyDescriptor();
  ReadyDescriptor(ReadyDescriptor const&) = delete;
  ReadyDescriptor& operator=(ReadyDescriptor const&) = delete;

  struct Taken {
    std::size_t bytes;
    bool gone;  // nothing is taken any more: closed, or an error
    int why;    // errno of that, 0 where nothing failed
  };
  Taken write(std::string_view text) const noexcept;

  enum class State : std::uint8_t { kTakes, kFull, kGone };
  State state() const noexcept;
  // Until it takes something or is gone, but so long at most.
  void wait_for_room(std::chrono::milliseconds most) const noexcept;
  // Waits so long, or until it is gone: whether it is.
  bool goes_within(std::chrono::milliseconds wait) const noexcept;

 private:
  enum class Way : std::uint8_t { kNeverWaits, kOwn, kSocket, kAsked };
  int way_out() const noexcept { return own_ >= 0 ? own_ : fd_; }
  bool asks() const noexcept { return way_ == Way::kAsked; }

  int const fd_;
  int const own_;  // -1: none
  Way const way_;
};

}  // namespace btfast::cli
