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

namespace btfast::net {

struct TrackerSettings {
  Endpoint bind;       // source address; family kNone for any, the port is not used
  std::string device;  // the only network device to use; empty for any
  bool verify_tls = true;
  // The shortest interval a tracker may impose; less only on a closed network.
  std::chrono::seconds interval_min = limits::kAnnounceIntervalMin;
};

// One a session; outlives the trackers made with it.
class TrackerServices {
 public:
  TrackerServices(EventLoop& event_loop, TrackerSettings const& tracker_settings)
      : loop(event_loop),
        settings(tracker_settings),
        http(event_loop, HttpSettings{.bind = tracker_settings.bind,
                                      .interface = tracker_settings.device,
                                      .verify_tls = tracker_settings.verify_tls}),
        resolver(event_loop) {}

  EventLoop& loop;
  TrackerSettings const settings;
  HttpClient http;
  Resolver resolver;
};

// kBadArgument for a URL that is not asked (net/tracker/tracker_url.h has the rules).
Result<std::unique_ptr<Tracker>> make_tracker(std::string const& url, TrackerServices& services);

}  // namespace btfast::net
