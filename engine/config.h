// EngineConfig: every setting of the engine, fixed when a session starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/limits.h"
#include "net/endpoint.h"
#include "net/peer_times.h"

namespace btfast {

enum class Strategy : std::uint8_t { kSmart, kRandom, kSequential };
enum class AllocChoice : std::uint8_t { kAuto, kSparse, kFull };

struct EngineConfig {
  int jobs = 1;  // -j: worker threads
  int net_threads = 1;
  std::uint32_t max_peers = 200;    // connections of one torrent
  std::uint32_t upload_slots = 0;   // unchoked peers of one torrent
  std::uint16_t port_first = 6881;  // both 0: any port
  std::uint16_t port_last = 6889;
  net::Endpoint bind;       // source of everything; family kNone: any
  std::string bind_device;  // and the only network device; empty: any
  bool verify_tls = true;   // of https trackers
  // Trackers are asked no sooner than this, whatever interval they name.
  std::chrono::milliseconds announce_min = limits::kAnnounceIntervalMin;
  // With so many peers known, no further trackers are asked for more.
  std::uint32_t peers_enough = 200;
  std::uint64_t cache_bytes = limits::kCacheBytes;
  AllocChoice alloc = AllocChoice::kAuto;
  Strategy strategy = Strategy::kSmart;
  std::uint64_t down_limit_bytes_per_s = 0;  // of all torrents together; 0: none
  std::uint64_t up_limit_bytes_per_s = 0;
  net::PeerTimes peer_times;
  // How long a peer may owe blocks before they are asked of others too.
  std::chrono::milliseconds request_timeout{limits::kRequestTimeout};
  bool super_seed = false;  // hide that all is here from the start (BEP 16)
  bool listen = true;
  std::uint64_t seed = 0;  // of every Rng; 0: from the kernel
};

using ConfigPtr = std::shared_ptr<EngineConfig const>;

}  // namespace btfast
