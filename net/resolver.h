// Resolver: names to addresses without ever blocking the event loop.  getaddrinfo() runs
// on a few helper threads, started when needed, that post the answer back.
//
// Threads:   its event loop's.
// Ownership: a Lookup is the right to an answer; dropping it means no callback, and a name
//            whose turn has not come is not looked up.  Helper
//            threads are detached and own what they touch, so neither the resolver's end
//            nor the program's waits for a name server that does not answer.
// Bound:     `threads` helpers and kWaiting names; past that a lookup fails at once.
// Errors:    kNoResource too where no helper can be started and none is there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/expected.h"
#include "net/endpoint.h"
#include "net/event_loop.h"

namespace btfast::net {

class Resolver {
 public:
  static constexpr std::size_t kThreads = 4;
  static constexpr std::size_t kWaiting = 1'000;

  using Addresses = std::vector<Endpoint>;
  using Callback = std::function<void(Result<Addresses>)>;
  // What a helper thread runs; must be safe from any thread.
  using LookupFunction = std::function<Result<Addresses>(std::string const& host)>;

  struct Ticket;

  class [[nodiscard]] Lookup {
   public:
    Lookup() = default;
    Lookup(Lookup&& other) noexcept : ticket_(std::move(other.ticket_)) {}
    Lookup& operator=(Lookup&& other) noexcept {
      cancel();
      ticket_ = std::move(other.ticket_);
      return *this;
    }
    ~Lookup() { cancel(); }
    void cancel() noexcept;

   private:
    friend class Resolver;
    explicit Lookup(std::shared_ptr<Ticket> ticket) : ticket_(std::move(ticket)) {}
    std::shared_ptr<Ticket> ticket_;
  };

  explicit Resolver(EventLoop& loop, std::size_t threads = kThreads);
  Resolver(EventLoop& loop, LookupFunction lookup, std::size_t threads = kThreads);
  ~Resolver();
  Resolver(Resolver const&) = delete;
  Resolver& operator=(Resolver const&) = delete;

  // Addresses, each with `port`, IPv4 before IPv6.  `done` comes from the event loop,
  // never from inside; a numeric host needs no helper.
  Lookup resolve(std::string const& host, std::uint16_t port, Callback done);

 private:
  struct Shared;
  EventLoop& loop_;
  std::size_t const threads_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace btfast::net
