// SimReactor: one host of a SimNetwork, as the engine sees it through the Reactor seam.
//
// Threads: one.  wait() never waits: it returns what is ready now, in an order that the
//          network's Rng chooses.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "net/reactor.h"
#include "tests/support/sim_network.h"

namespace btfast::net {

class SimReactor final : public Reactor {
 public:
  // The host's one address; its port is not used.
  SimReactor(SimNetwork& network, Endpoint const& address);
  ~SimReactor() override;
  SimReactor(SimReactor const&) = delete;
  SimReactor& operator=(SimReactor const&) = delete;

  Endpoint const& address() const noexcept { return address_; }
  std::size_t open_sockets() const noexcept;
  // Ends a connection as a crash would: the other side gets a reset.
  void reset(int fd);
  // The next accepts fail with these, one each.
  void fail_accepts(std::deque<int> errors) { accept_errors_ = std::move(errors); }

  Status watch(int fd, std::uint64_t token, Interest interest, Trigger trigger) override;
  Status rewatch(int fd, std::uint64_t token, Interest interest, Trigger trigger) override;
  void unwatch(int fd) noexcept override;
  std::size_t wait(std::span<ReactorEvent> events, Duration timeout) override;
  void wake() noexcept override {}

  Expected<int> connect(Endpoint const& remote, Endpoint const& local) override;
  int connect_error(int fd) noexcept override;
  Expected<int> listen(Endpoint const& local, int backlog) override;
  Expected<Accepted> accept(int listener) override;
  Endpoint local_endpoint(int fd) noexcept override;
  IoResult read(int fd, std::span<iovec const> into) noexcept override;
  IoResult write(int fd, std::span<iovec const> from) noexcept override;
  void close(int fd) noexcept override;

 private:
  friend class SimNetwork;

  struct Listening {
    Endpoint local;
    std::size_t backlog = 0;
    std::deque<std::shared_ptr<SimStream>> waiting;
    SimInterest interest;
  };
  // One descriptor: a stream, a listener, or free.
  struct Slot {
    std::shared_ptr<SimStream> stream;
    std::unique_ptr<Listening> listening;
    bool free() const noexcept { return !stream && !listening; }
  };

  Slot* slot(int fd) noexcept;
  SimStream* stream(int fd) noexcept;
  SimInterest* interest_of(int fd) noexcept;
  int take_fd(Slot slot);
  std::uint16_t free_port();
  Listening* listening_on(std::uint16_t port) noexcept;
  void end(std::shared_ptr<SimStream> const& stream, bool abort);

  // From the network.
  void on_syn(std::shared_ptr<SimStream> const& client);

  SimNetwork& network_;
  Endpoint const address_;
  std::vector<Slot> slots_;
  std::deque<int> accept_errors_;
  std::uint16_t next_port_ = 49152;
};

}  // namespace btfast::net
