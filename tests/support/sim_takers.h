// SimTakers: leeches of a SimWorld that take so many bytes a second each and throw them away, as
// perf/leech.cc does on real sockets.  They read no faster than that, so that the rest waits in
// the window and then at the sender, and they ask for blocks again and again.
//
// Threads:   one.
// Ownership: the world's, which runs their loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "net/event_loop.h"
#include "tests/support/sim_network.h"
#include "tests/support/sim_reactor.h"
#include "tests/support/test_torrent.h"

namespace btfast::test {

struct SimTakersOptions {
  std::size_t count = 1;
  std::uint64_t bytes_per_s = 0;             // of each
  std::uint32_t depth = 16;                  // blocks it is ahead
  std::uint64_t enough = ~std::uint64_t{0};  // bytes; then it asks for nothing, and stays
};

class SimTakers {
 public:
  SimTakers(net::SimNetwork& network, TestTorrent const& torrent, SimTakersOptions options);
  ~SimTakers();
  SimTakers(SimTakers const&) = delete;
  SimTakers& operator=(SimTakers const&) = delete;

  std::vector<net::EventLoop*> loops();
  // One host's after the other, all within a quarter of a second.
  void connect(net::Endpoint const& seed);

  // Bytes of blocks that were read, of each and of all.
  std::vector<std::uint64_t> taken() const;
  std::uint64_t taken_by_all() const;
  std::size_t unchoked() const;
  std::uint64_t times_choked() const;

 private:
  class Taker;
  struct Host;

  void begin(std::size_t index, net::Endpoint const& seed);

  TestTorrent const torrent_;
  SimTakersOptions const options_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace btfast::test
