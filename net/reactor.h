// Reactor: the seam between the engine and the network.  Readiness, and the few
// socket calls the engine makes; epoll, kqueue and the simulator implement it.
//
// Threads: everything on the owner thread, except wake().
// Errors:  never logs, never closes on its own; calls that a signal interrupts go on.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/expected.h"
#include "net/endpoint.h"

namespace btfast::net {

// What a watched descriptor waits for.
enum class Interest : std::uint8_t { kNone = 0, kRead = 1, kWrite = 2, kReadWrite = 3 };

// kEdge: one event per change, the handler reads or writes until would-block.
// kLevel: an event each turn while ready (listeners, and what libcurl owns).
enum class Trigger : std::uint8_t { kEdge, kLevel };

struct ReactorEvent {
  std::uint64_t token = 0;
  bool readable = false;  // data, end of stream, or an error to collect by reading
  bool writable = false;
  bool hangup = false;  // both directions are over, or an error is pending
  bool ended = false;   // what the peer sends is over: read until that is seen
};

// The outcome of one read or write.
struct IoResult {
  enum class Kind : std::uint8_t { kBytes, kWouldBlock, kEnd, kError };
  Kind kind = Kind::kWouldBlock;
  std::size_t bytes = 0;  // kBytes: > 0
  int sys_errno = 0;      // kError
  // Of a read: nothing was left, and what comes now is a new event (as is the end, which
  // may be there already when the last event said `ended`).
  bool drained = false;

  static IoResult of_bytes(std::size_t n) noexcept { return {Kind::kBytes, n, 0, false}; }
  static IoResult would_block() noexcept { return {}; }
  static IoResult end() noexcept { return {Kind::kEnd, 0, 0, false}; }
  static IoResult error(int err) noexcept { return {Kind::kError, 0, err, false}; }
};

struct Accepted {
  int fd = -1;
  Endpoint remote;
};

class Reactor {
 public:
  virtual ~Reactor() = default;

  // -- readiness ----------------------------------------------------------------------------
  // `token` comes back in events; all ones is taken.  Never watch one descriptor twice.
  // Edge-triggered, watch() and rewatch() ask anew: what is ready already is an event.
  virtual Status watch(int fd, std::uint64_t token, Interest interest, Trigger trigger) = 0;
  virtual Status rewatch(int fd, std::uint64_t token, Interest interest, Trigger trigger) = 0;
  // Before close(); after it no event of this registration is returned.
  virtual void unwatch(int fd) noexcept = 0;
  // Waits until an event, a wake(), a signal or `timeout` (negative: for ever; zero: a look).
  // Returns how many events were stored; one descriptor may have several.
  virtual std::size_t wait(std::span<ReactorEvent> events, Duration timeout) = 0;
  // Any thread: makes the current or the next wait() return.
  virtual void wake() noexcept = 0;

  // -- TCP sockets, all non-blocking and close-on-exec ------------------------------------------
  // Sockets made from now on use this network device only, where the system lets us.
  virtual void use_device(std::string const&) {}
  // Starts connecting from `local` (family kNone: any).  Ready to write = connected or
  // failed; connect_error() tells which.
  virtual Expected<int> connect(Endpoint const& remote, Endpoint const& local) = 0;
  virtual int connect_error(int fd) noexcept = 0;
  virtual Expected<int> listen(Endpoint const& local, int backlog) = 0;
  // kWouldBlock when nobody waits.  Other errors are the kernel's (EMFILE: pause, here also
  // when only the reserve of engine/base/descriptors.h is left; who waited is closed then).
  virtual Expected<Accepted> accept(int listener) = 0;
  virtual Endpoint local_endpoint(int fd) noexcept = 0;
  virtual IoResult read(int fd, std::span<iovec const> into) noexcept = 0;
  // A wish: no event before so many bytes wait (or the end, or an error).  1 is the default.
  virtual void set_read_low_water(int, std::size_t) noexcept {}
  virtual IoResult write(int fd, std::span<iovec const> from) noexcept = 0;
  // The round trip of a connection's path, where the system measures it; else the maximum.
  virtual Duration path_rtt(int) noexcept { return Duration::max(); }
  virtual void close(int fd) noexcept = 0;
};

}  // namespace btfast::net
