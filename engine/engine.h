// Engine: the real threads under a session: one control loop on the thread that calls
// run(), net threads, worker and read arenas, the listener and what trackers share.
//
// Threads:   made, run and destroyed by one thread, which is the control thread.
// Ownership: outlives its torrents; each must be stopped before it is destroyed.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/expected.h"
#include "engine/base/token_bucket.h"
#include "engine/config.h"
#include "engine/torrent/session_env.h"
#include "engine/worker_pool.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/net_thread.h"
#include "net/reactor.h"
#include "net/tracker/tracker_factory.h"

namespace btfast {

class Engine {
 public:
  // kNoResource where the system has no descriptors left for its event loops.
  static Result<std::unique_ptr<Engine>> make(ConfigPtr config);
  ~Engine();
  Engine(Engine const&) = delete;
  Engine& operator=(Engine const&) = delete;

  // Listens (kNetwork: it cannot; kNoResource: out of descriptors or memory) and starts the net
  // threads.
  Outcome start();
  ConfigPtr const& config() const noexcept { return config_; }
  net::EventLoop& control() noexcept { return control_; }
  net::EventLoop const& control() const noexcept { return control_; }
  SessionEnv& env() noexcept { return env_; }
  net::TrackerServices& trackers() noexcept { return trackers_; }
  // Until control().stop().
  void run();

 private:
  using ReactorPtr = std::unique_ptr<net::Reactor>;
  // `nets` has one for each net thread.
  Engine(ConfigPtr config, ReactorPtr control, std::vector<ReactorPtr> nets);
  Outcome listen();
  Outcome learn_own_endpoints();
  Outcome check_device() const;
  void welcome(net::Accepted accepted);

  ConfigPtr const config_;
  SteadyClock clock_;
  std::optional<TokenBucket> down_limit_;
  std::optional<TokenBucket> up_limit_;
  ReactorPtr const control_reactor_;
  net::EventLoop control_;
  net::TrackerServices trackers_;
  WorkerPool workers_;
  WorkerPool readers_;
  std::vector<std::unique_ptr<net::NetThread>> net_threads_;
  SessionEnv env_;
  // Net thread 0 only, once started.
  std::unique_ptr<net::Listener> listener_;
  std::size_t next_seat_ = 0;
};

// "-BF0100-" and twelve random characters (BEP 20); empty when the kernel has no randomness.
std::optional<PeerId> make_peer_id();

}  // namespace btfast
