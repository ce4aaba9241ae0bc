// What trackers share (an HTTP client, a resolver, a source address), and making one from
// the URL that a torrent names.
//
// Threads: the control thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/base/expected.h"
#include "engine/base/limits.h"
#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/resolver.h"
#include "net/tracker/tracker.h"
#include "net/tracker/tracker_tiers.h"

namespace btfast::net {

struct TrackerSettings {
  Endpoint bind;       // source address; family kNone for any, the port is not used
  std::string device;  // the only network device to use; empty for any
  bool verify_tls = true;
  // The shortest interval a tracker may impose; less only on a closed network.
  std::chrono::seconds interval_min = limits::kAnnounceIntervalMin;
  std::size_t side_by_side = TrackerTiers::kSideBySide;  // no more trackers at once
};

// One a session; outlives the trackers made with it.
class TrackerServices {
 public:
  TrackerServices(EventLoop& event_loop, TrackerSettings const& tracker_settings)
      : loop(event_loop),
        settings(tracker_settings),
        http(event_loop, HttpSettings{.bind = tracker_settings.bind,
                                      .interface = tracker_settings.device,
                                      .verify_tls = tracker_settings.verify_tls,
                                      .at_once = tracker_settings.side_by_side}),
        resolver(event_loop),
        peer_resolver(event_loop, kPeerThreads) {}

  static constexpr std::size_t kPeerThreads = 2;

  EventLoop& loop;
  TrackerSettings const settings;
  HttpClient http;
  Resolver resolver;  // of trackers' names
  // Of the peers' names that trackers give: no number of them holds up a tracker.
  Resolver peer_resolver;
};

// kBadArgument for a URL that is not asked (net/tracker/tracker_url.h has the rules).
Result<std::unique_ptr<Tracker>> make_tracker(std::string const& url, TrackerServices& services);

}  // namespace btfast::net
