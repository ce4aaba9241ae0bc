// probe_trackers: asks every tracker of a torrent once, all at the same time, and takes
// leave of those that took us in.  Opens no peer connection and ends within 15 seconds,
// whatever the trackers do; who is told to stop waits for nobody, and takes leave all the same.
//
// Threads: the calling thread, which owns the loop and turns it here; `stop` from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/types.h"
#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/tracker/tracker.h"

namespace btfast {

struct TrackerProbeOptions {
  std::vector<std::vector<std::string>> tracker_tiers;
  InfoHash info_hash{};
  PeerId peer_id{};
  std::uint64_t bytes_left = 0;
  std::uint16_t port = 6881;
  net::Endpoint bind;  // source address; family kNone for any
  std::string device;  // the only network device; empty for any
  bool verify_tls = true;
  std::chrono::milliseconds timeout{10'000};
};

struct TrackerProbeAnswer {
  std::string url;
  std::size_t tier = 0;
  Result<net::AnnounceReply> reply;
  std::chrono::milliseconds took{0};
};

// `on_answer` hears of each tracker as it answers or fails; the result has them in the
// torrent's order.  Who had not answered when `stop` was asked for has kCancelled.
std::vector<TrackerProbeAnswer> probe_trackers(
    net::EventLoop& loop, TrackerProbeOptions const& options,
    std::function<void(TrackerProbeAnswer const&)> const& on_answer = {},
    std::stop_token const& stop = {});

}  // namespace btfast
