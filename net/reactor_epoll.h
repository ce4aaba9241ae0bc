// EpollReactor: the Reactor of Linux.
//
// Threads: everything on the owner thread, except wake().
#pragma once

#include <memory>

#include "net/fd.h"
#include "net/socket.h"

namespace btfast::net {

class EpollReactor final : public PosixSockets {
 public:
  // kNoResource when the kernel has no descriptor left.
  static Result<std::unique_ptr<Reactor>> create();

  Status watch(int fd, std::uint64_t token, Interest interest, Trigger trigger) override;
  Status rewatch(int fd, std::uint64_t token, Interest interest, Trigger trigger) override;
  void unwatch(int fd) noexcept override;
  std::size_t wait(std::span<ReactorEvent> events, Duration timeout) override;
  void wake() noexcept override;

 private:
  EpollReactor(Fd epoll, Fd wake_event) noexcept;

  Fd epoll_;
  Fd wake_event_;
};

}  // namespace btfast::net
