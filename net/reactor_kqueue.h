// KqueueReactor: the Reactor of the BSDs, and of Linux with libkqueue.
//
// Threads: everything on the owner thread, except wake().
#pragma once

#include <memory>
#include <unordered_map>

#include "net/fd.h"
#include "net/socket.h"

namespace btfast::net {

class KqueueReactor final : public PosixSockets {
 public:
  // kNoResource when the kernel has no descriptor left.
  static Result<std::unique_ptr<Reactor>> create();

  Status watch(int fd, std::uint64_t token, Interest interest, Trigger trigger) override;
  Status rewatch(int fd, std::uint64_t token, Interest interest, Trigger trigger) override;
  void unwatch(int fd) noexcept override;
  std::size_t wait(std::span<ReactorEvent> events, Duration timeout) override;
  void wake() noexcept override;

  int connect_error(int fd) noexcept override;
  IoResult read(int fd, std::span<iovec const> into) noexcept override;
  void close(int fd) noexcept override;

 private:
  explicit KqueueReactor(Fd queue) noexcept;
  int reported_error(int fd) const noexcept;

  Fd queue_;
  std::unordered_map<int, int> errors_;  // of sockets that ended with one, until closed
};

}  // namespace btfast::net
