#include "net/tracker/tracker_factory.h"

#include <utility>

#include "net/tracker/http_tracker.h"
#include "net/tracker/tracker_url.h"
#include "net/tracker/udp_tracker.h"

namespace btfast::net {

Result<std::unique_ptr<Tracker>> make_tracker(std::string const& url, TrackerServices& services) {
  auto parsed = parse_tracker_url(url);
  if (!parsed) return parsed.error();
  std::unique_ptr<Tracker> tracker;
  if (parsed->scheme == TrackerScheme::kUdp) {
    tracker = std::make_unique<UdpTracker>(
        *std::move(parsed), services.loop, services.resolver,
        UdpTracker::Source{services.settings.bind, services.settings.device},
        services.settings.interval_min);
  } else {
    tracker = std::make_unique<HttpTracker>(*std::move(parsed), services.http,
                                            services.settings.interval_min);
  }
  return tracker;
}

}  // namespace btfast::net
