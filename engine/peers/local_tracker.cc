#include "engine/peers/local_tracker.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/rng.h"
#include "net/listener.h"

namespace btfast {
namespace {

// With any port, what HTTP was given may be taken in UDP.
constexpr int kAnyPortTries = 8;

Duration sweep_interval(net::TrackerLimits const& limits) {
  return std::clamp<Duration>(limits.interval / 4, std::chrono::seconds{1},
                              std::chrono::seconds{30});
}

}  // namespace

Result<std::unique_ptr<LocalTracker>> LocalTracker::open(net::EventLoop& loop,
                                                         LocalTrackerOptions const& options) {
  std::uint64_t seed = 0;
  if (!secure_random(std::as_writable_bytes(std::span{&seed, 1}))) {
    return Failure{Errc::kNoResource, "the system gives no random numbers"};
  }
  std::unique_ptr<LocalTracker> tracker{new LocalTracker{loop, options, seed}};
  auto listening = tracker->listen(options);
  for (int i = 1; i < kAnyPortTries && !listening && options.port == 0; ++i) {
    listening = tracker->listen(options);
  }
  if (!listening) return net::cannot_listen(std::move(listening).error());
  tracker->sweep_.arm(sweep_interval(options.limits));
  return tracker;
}

LocalTracker::LocalTracker(net::EventLoop& loop, LocalTrackerOptions const& options,
                           std::uint64_t seed)
    : loop_(loop), table_(options.limits, seed), sweep_(loop.timers(), [this] { sweep(); }) {}

Outcome LocalTracker::listen(LocalTrackerOptions const& options) {
  net::ConnectionIds::Secret secret{};
  if (!secure_random(secret)) {
    return Failure{Errc::kNoResource, "the system gives no random numbers"};
  }
  net::ListenRequest const request{
      .first_port = options.port, .last_port = options.port, .only_on = options.bind};
  auto http = net::HttpTrackerServer::open(loop_, request, table_);
  if (!http) return std::move(http).error();
  http_ = *std::move(http);
  auto udp = net::UdpTrackerServer::open(loop_, endpoints(), table_, secret);
  if (!udp) return std::move(udp).error();
  udp_ = *std::move(udp);
  return kOk;
}

std::vector<net::Endpoint> LocalTracker::endpoints() const {
  std::vector<net::Endpoint> found;
  for (auto const family : {net::Family::kIpv4, net::Family::kIpv6}) {
    auto const endpoint = http_->endpoint(family);
    if (endpoint.family() != net::Family::kNone) found.push_back(endpoint);
  }
  return found;
}

std::vector<std::string> LocalTracker::urls() const {
  std::vector<std::string> urls;
  for (auto const* const scheme : {"http://", "udp://"}) {
    for (auto const& endpoint : endpoints()) {
      urls.push_back(scheme + endpoint.to_string() + "/announce");
    }
  }
  return urls;
}

net::TrackerServerStats LocalTracker::stats() const noexcept {
  auto const& http = http_->stats();
  auto const& udp = udp_->stats();
  return {http.announces + udp.announces, http.scrapes + udp.scrapes, http.refused + udp.refused};
}

void LocalTracker::sweep() {
  sweep_.arm(sweep_interval(table_.limits()));
  table_.expire(loop_.now());
}

}  // namespace btfast
