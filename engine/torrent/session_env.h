// SessionEnv: the threads a session runs on.  Production fills it from real threads
// (engine/engine.h), the simulator with stepped event loops and seeded executors.
//
// Immutable after construction, apart from what its members allow.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/token_bucket.h"
#include "engine/torrent/peer_host.h"
#include "net/endpoint.h"
#include "net/event_loop.h"

namespace btfast {

// One net thread's loop and its door for incoming connections.
struct NetSeat {
  net::EventLoop* loop = nullptr;
  std::unique_ptr<PeerHost> host;  // used on the loop
};

struct SessionEnv {
  net::EventLoop& control;
  Executor& workers;
  Executor& readers;
  std::vector<NetSeat> nets;
  RateLimits limits = {};                         // of all torrents together
  std::uint16_t listen_port = 0;                  // 0: not listening
  std::vector<net::Endpoint> own_endpoints = {};  // where that is
  std::uint64_t seed = 1;                         // of every Rng of the session
};

}  // namespace btfast
