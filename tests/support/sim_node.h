// SimNode: one btfast of a simulation: a Torrent on stepped event loops, with a SimReactor
// each.  Its net threads have an address each, and listen on it, because descriptors of one
// SimReactor mean nothing to another.
//
// Threads:   one.
// Ownership: the world owns its nodes and runs their loops.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/token_bucket.h"
#include "engine/config.h"
#include "engine/torrent/session_env.h"
#include "engine/torrent/torrent.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "tests/support/sim_disk.h"
#include "tests/support/sim_network.h"
#include "tests/support/sim_reactor.h"
#include "tests/support/test_torrent.h"

namespace btfast::test {

struct SimNodeOptions {
  int net_threads = 1;
  Strategy strategy = Strategy::kSmart;
  std::uint32_t max_peers = 50;
  std::uint32_t upload_slots = 8;
  std::uint64_t cache_bytes = 8 * kMiB;
  std::uint64_t down_limit = 0;  // bytes a second; 0: none
  std::uint64_t up_limit = 0;
  net::PeerTimes peer_times = {};
  std::chrono::milliseconds request_timeout{limits::kRequestTimeout};
  bool super_seed = false;
  bool seed = false;          // its disk is full at the start
  bool keep_serving = false;  // where its disk takes nothing more
  bool uses_source = true;    // asks the world who else is there
  std::vector<net::Endpoint> peers = {};
  // A directory: real files and a control file there, and no SimDisk.
  std::string output = {};
  FileSelection selection = {};
};

inline constexpr std::uint16_t kSimPort = 6881;

class SimNode {
 public:
  // Of the world: the n-th node's addresses, executor, random numbers, and peer source.
  struct Place {
    std::size_t index = 0;
    net::SimNetwork& network;
    Executor& executor;
    Rng& rng;
    std::function<std::unique_ptr<PeerSource>(SimNode&)> make_source;
  };
  SimNode(Place const& place, TestTorrent const& torrent, SimNodeOptions options);
  ~SimNode();
  SimNode(SimNode const&) = delete;
  SimNode& operator=(SimNode const&) = delete;

  void start() { torrent_->start(); }
  void stop() { torrent_->stop(); }
  // Dies: every connection is reset, and nothing is said any more.
  void crash();
  // REQUIRES: stopped.  The world must run on before is_clean() can be true.
  void destroy();

  bool complete() const { return state_ == TorrentState::kComplete; }
  bool failed() const { return state_ == TorrentState::kFailed; }
  bool stopped() const { return state_ == TorrentState::kStopped; }
  TorrentState state() const { return state_; }
  std::vector<TorrentState> const& states() const { return states_; }

  Torrent& torrent() { return *torrent_; }
  bool has_torrent() const { return torrent_ != nullptr; }
  SimDisk& disk() { return *disk_; }
  PeerId const& id() const { return id_; }
  net::EventLoop& control() { return control_.loop; }
  std::vector<net::EventLoop*> loops();
  // Where it listens; one a net thread.
  std::vector<net::Endpoint> endpoints() const;
  net::Endpoint endpoint() const { return endpoints().front(); }
  std::size_t open_sockets() const;  // listeners left out

  // Nothing is left of the torrent: its storage, timers and sockets are gone.
  bool is_clean() const;
  std::string describe() const;

 private:
  struct Thread {
    Thread(net::SimNetwork& network, net::Endpoint const& address)
        : reactor(network, address), loop(reactor, network.clock()) {}
    std::size_t timers_armed() const { return loop.timers().armed_count(); }
    net::SimReactor reactor;
    mutable net::EventLoop loop;  // its timers() has no const form
    std::unique_ptr<net::Listener> listener;
  };

  net::Endpoint address(std::size_t thread) const;
  TorrentSetup setup(Place const& place, TestTorrent const& torrent);
  void use_files(TorrentSetup& setup, TestTorrent const& torrent) const;

  std::size_t const index_;
  SimNodeOptions const options_;
  PeerId id_{};
  TorrentState state_ = TorrentState::kNew;
  std::vector<TorrentState> states_;
  std::shared_ptr<SimDisk> disk_;
  Thread control_;
  std::optional<TokenBucket> down_limit_;
  std::optional<TokenBucket> up_limit_;
  std::vector<std::unique_ptr<Thread>> nets_;
  SessionEnv env_;
  std::unique_ptr<Torrent> torrent_;
};

}  // namespace btfast::test
