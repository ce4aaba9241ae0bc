#include "engine/download/slow_peers.h"

#include <algorithm>
#include <cstddef>

namespace btfast {
namespace {

constexpr double kFaster = 3;
constexpr double kSoonSeconds = 2;
constexpr std::size_t kHungryMax = 8;
constexpr std::chrono::seconds kCapTime{5};

constexpr Duration kPatience = std::chrono::seconds{2};

// How long a peer has owed us something and sent nothing.  What was asked last cannot be
// here before a round trip.
Duration silence(Peer const& peer, TimePoint now) {
  auto const& download = peer.download;
  if (download.requests.empty()) return Duration{};
  Duration const rtt = download.pace.known() ? download.depth.min_rtt() : kPatience;
  TimePoint const due = std::max(download.last_block, download.requests[0].sent + rtt);
  return std::max(now - due, Duration{});
}

double pace(Peer const& peer, TimePoint now) {
  return peer.download.pace.per_s(silence(peer, now));
}

}  // namespace

void SlowPeers::on_tick(TimePoint now) {
  find_hungry(now);
  if (hungry_.empty()) {
    if (capped_ && now - last_hungry_ > kCapTime) lift_caps();
    return;
  }
  last_hungry_ = now;
  for (auto const& fast : hungry_) {
    take_from_slower(fast, now);
    downloads_.fill(*fast.peer, now);
  }
}

void SlowPeers::find_hungry(TimePoint now) {
  hungry_.clear();
  if (!torrent_.active().workers_keep_up()) return;  // then everyone waits, for them
  peers_.for_each([&](Peer& peer) {
    bool const idle = peer.download.hungry && !peer.download.on_parole &&
                      peer.download.requests.size() < peer.download.depth.target() / 2;
    if (!idle || peer.closing || peer.peer_choking || !peer.download.pace.known()) return;
    hungry_.push_back({&peer, pace(peer, now)});
  });
  auto const keep = std::min(hungry_.size(), kHungryMax);
  std::partial_sort(hungry_.begin(), hungry_.begin() + static_cast<std::ptrdiff_t>(keep),
                    hungry_.end(), [](auto const& a, auto const& b) { return a.per_s > b.per_s; });
  hungry_.resize(keep);
}

void SlowPeers::take_from_slower(Candidate const& fast, TimePoint now) {
  peers_.for_each([&](Peer& peer) {
    auto& download = peer.download;
    if (&peer == fast.peer || peer.closing || download.requests.size() < 2) return;
    double const per_s = pace(peer, now);
    if (per_s * kFaster > fast.per_s) return;
    // What is at its front may be half here.
    auto const soon = std::max<std::size_t>(1, static_cast<std::size_t>(per_s * kSoonSeconds));
    if (!downloads_.take_back(peer, soon, *fast.peer, now)) return;
    download.depth.cap(static_cast<std::uint32_t>(soon));
    capped_ = true;
  });
}

void SlowPeers::lift_caps() {
  peers_.for_each([](Peer& peer) { peer.download.depth.uncap(); });
  capped_ = false;
}

}  // namespace btfast
