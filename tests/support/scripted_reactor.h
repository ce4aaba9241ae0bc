// ScriptedReactor: a Reactor whose sockets are byte queues in memory.  The test says
// how many bytes each read hands out and how many a socket takes, so every
// segmentation can be played exactly.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "net/reactor.h"

namespace btfast::test {

class ScriptedReactor final : public net::Reactor {
 public:
  struct Socket {
    std::vector<std::byte> input;
    std::size_t input_at = 0;
    std::size_t low_water = 1;  // feed() is an event once so much is unread
    bool ended = false;         // after the input: end of stream
    int error = 0;              // after the input: this errno
    std::vector<std::byte> output;
    std::size_t takes = std::numeric_limits<std::size_t>::max();  // bytes until would-block
    int write_error = 0;
    int connect_error = 0;
    bool closed = false;
    std::optional<std::uint64_t> token;  // while watched
  };

  int open();
  Socket& socket(int fd) { return sockets_.at(fd); }

  // The other side sends; the socket becomes readable.
  void feed(int fd, std::span<std::byte const> bytes);
  void feed_end(int fd);
  void feed_error(int fd, int err);
  // The other side reads `bytes`; the socket becomes writable.
  void drain(int fd, std::size_t bytes);
  void complete_connect(int fd, int err);
  // The most that the next read hands out; asked once a read.
  void set_chunks(std::function<std::size_t()> chunk) { chunk_ = std::move(chunk); }
  int reads() const { return reads_; }
  int last_connected() const { return next_fd_ - 1; }

  Status watch(int fd, std::uint64_t token, net::Interest, net::Trigger) override;
  Status rewatch(int fd, std::uint64_t token, net::Interest, net::Trigger) override;
  void unwatch(int fd) noexcept override;
  std::size_t wait(std::span<net::ReactorEvent> events, Duration timeout) override;
  void wake() noexcept override {}
  Expected<int> connect(net::Endpoint const& remote, net::Endpoint const& local) override;
  int connect_error(int fd) noexcept override { return socket(fd).connect_error; }
  Expected<int> listen(net::Endpoint const&, int) override { return Error{Errc::kUnsupported}; }
  Expected<net::Accepted> accept(int) override { return Error{Errc::kUnsupported}; }
  net::Endpoint local_endpoint(int) noexcept override { return {}; }
  net::IoResult read(int fd, std::span<iovec const> into) noexcept override;
  void set_read_low_water(int fd, std::size_t bytes) noexcept override;
  net::IoResult write(int fd, std::span<iovec const> from) noexcept override;
  void close(int fd) noexcept override;

 private:
  void announce(int fd, bool readable, bool writable, bool hangup);
  void announce_input(int fd);

  std::map<int, Socket> sockets_;
  std::vector<std::pair<int, net::ReactorEvent>> waiting_;
  std::function<std::size_t()> chunk_;
  int next_fd_ = 100;
  int reads_ = 0;
};

}  // namespace btfast::test
