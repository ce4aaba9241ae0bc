#include "engine/peers/dialer.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/peers/peer_priority.h"

namespace btfast {
namespace {

constexpr std::chrono::milliseconds kDialTick{250};
constexpr std::chrono::hours kBanTime{1};
// With fewer connections than this and nobody to dial, sources are asked for more.
constexpr std::size_t kSwarmDry = 20;
// When full, a peer that ranks higher is tried so often: each costs another its pipeline.
constexpr std::chrono::seconds kTurnover{20};

}  // namespace

Dialer::Dialer(net::EventLoop& loop, std::size_t net_threads, std::uint32_t connections_max,
               PeerId const& our_id, Rng& rng, Actions actions)
    : loop_(loop),
      connections_max_(connections_max),
      our_id_(our_id),
      actions_(std::move(actions)),
      list_(rng),
      tick_(loop.timers(), [this] { dial(); }),
      load_(net_threads, 0) {}

void Dialer::start() {
  running_ = true;
  dial();
}

void Dialer::stop() {
  running_ = false;
  tick_.disarm();
}

void Dialer::add(PeerOrigin origin, std::span<net::Endpoint const> peers) {
  std::size_t const added = list_.add(origin, peers, loop_.now());
  if (added > 0) {
    log_event(LogLevel::kInfo, "peers",
              {{"from", peer_origin_name(origin)}, {"new", added}, {"known", list_.known_count()}});
  }
  if (running_) dial();
}

void Dialer::dial() {
  while (running_ && connecting_ < static_cast<std::uint32_t>(limits::kHalfOpen) &&
         connecting_ + staying_count() < connections_max_) {
    auto const candidate = list_.take(loop_.now(), addresses_);
    if (!candidate) {
      ask_for_peers();
      break;
    }
    dial(*candidate);
  }
  if (!running_) return;
  turn_over();
  tick_.arm(kDialTick);
}

void Dialer::ask_for_peers() {
  std::size_t const busy = connecting_ + staying_count();
  if (busy >= kSwarmDry) return;
  if (busy > 0) return actions_.want_peers(PeerNeed::kMore);
  bool const lost = std::exchange(had_peers_, false);
  actions_.want_peers(lost ? PeerNeed::kLostAll : PeerNeed::kAny);
}

void Dialer::dial(net::Endpoint const& candidate) {
  std::uint16_t const thread = least_loaded();
  ++connecting_;
  ++load_[thread];
  attempts_[candidate] = thread;
  addresses_.add(candidate);
  actions_.connect(thread, candidate);
}

// -- which connections to keep ------------------------------------------------------------------

void Dialer::turn_over() {
  bool const full = connecting_ == 0 && staying_count() >= connections_max_;
  if (!full || loop_.now() < next_turnover_) return;
  next_turnover_ = loop_.now() + kTurnover;
  Connected const* const worst = lowest();
  if (worst == nullptr || rank(worst->remote) == 0) return;
  if (auto const better = list_.take_above(rank(worst->remote), loop_.now(), addresses_))
    dial(*better);
}

void Dialer::rank_anew() {
  list_.rank_by([this](net::Endpoint const& remote) { return rank(remote); });
}

// 0: our own address is not known.
std::uint32_t Dialer::rank(net::Endpoint const& remote) const {
  return peer_priority(ours_.of(remote.family()), remote);
}

Dialer::Connected* Dialer::lowest() {
  Connected* worst = nullptr;
  for (auto& [id, peer] : connected_) {
    if (peer.leaving) continue;
    if (worst == nullptr || rank(peer.remote) < rank(worst->remote)) worst = &peer;
  }
  return worst;
}

void Dialer::make_room() {
  while (staying_count() > connections_max_) {
    Connected* const worst = lowest();
    worst->leaving = true;
    ++leaving_;
    actions_.close(worst->handle, net::CloseReason::kTooManyPeers);
  }
}

// -- what shards report ---------------------------------------------------------------------------

std::uint16_t Dialer::least_loaded() const noexcept {
  return static_cast<std::uint16_t>(std::min_element(load_.begin(), load_.end()) - load_.begin());
}

void Dialer::on_report(PeerOpened const& opened) {
  ever_connected_ = had_peers_ = true;
  ends_.on_opened(opened);
  endpoints_[opened.handle] = opened.remote;
  if (ours_.on_connected_from(opened.local)) rank_anew();
  bool const crowded = opened.incoming && addresses_.full(opened.remote);
  if (opened.incoming) {
    ++load_[opened.handle.net_thread];
    addresses_.add(opened.remote);
  } else {
    --connecting_;
    attempts_.erase(opened.remote);
    list_.on_connected(opened.remote);
  }
  if (list_.banned(opened.remote, loop_.now())) {
    return actions_.close(opened.handle, net::CloseReason::kBanned);
  }
  if (crowded) return actions_.close(opened.handle, net::CloseReason::kTooManyPeers);
  Connected const newer{opened.handle, opened.remote, opened.incoming};
  auto const [at, fresh] = connected_.try_emplace(opened.id, newer);
  if (fresh) return make_room();
  bool const newer_wins = keep_newer(at->second, opened);
  actions_.close(newer_wins ? at->second.handle : opened.handle, net::CloseReason::kDuplicate);
  if (!newer_wins) return;
  if (at->second.leaving) --leaving_;
  at->second = newer;
}

// Both sides keep the connection that the peer with the larger id opened.
bool Dialer::keep_newer(Connected const& older, PeerOpened const& newer) const noexcept {
  if (older.incoming == newer.incoming) return false;
  bool const we_are_larger = our_id_ > newer.id;
  return newer.incoming != we_are_larger;
}

void Dialer::on_report(AddressTold const& told) {
  if (!ours_.on_told(told.teller, told.ours)) return;
  log_event(LogLevel::kInfo, "own_address",
            {{"address", ours_.of(told.ours.family()).address_string()}});
  rank_anew();
}

void Dialer::on_report(PeerClosed const& closed) {
  if (log_enabled(LogLevel::kInfo)) {
    log_event(LogLevel::kInfo, "peer_closed",
              {{"peer", closed.remote.to_string()},
               {"incoming", closed.incoming},
               {"handshake", closed.opened},
               {"reason", close_reason_name(closed.reason)},
               {"detail", closed.detail}});
  }
  ends_.on_closed(closed);
  if (closed.opened) {
    depart(closed.handle);
    addresses_.remove(closed.remote);
    --load_[closed.handle.net_thread];
    std::erase_if(connected_, [&](auto const& c) {
      bool const gone = c.second.handle == closed.handle;
      if (gone && c.second.leaving) --leaving_;
      return gone;
    });
  } else if (auto const attempt = attempts_.find(closed.remote); attempt != attempts_.end()) {
    --connecting_;
    --load_[attempt->second];
    attempts_.erase(attempt);
    addresses_.remove(closed.remote);
  }
  if (!closed.incoming) {
    list_.on_closed(closed.remote, closed.reason, loop_.now());
  } else if (closed.reason == net::CloseReason::kSelf) {
    mark_self(closed.local);  // by which we called ourselves
  }
}

void Dialer::ban(net::Endpoint const& peer) {
  TimePoint const now = loop_.now();
  if (list_.banned(peer, now)) return;
  ++banned_count_;
  log_event(LogLevel::kWarn, "ban", {{"peer", peer.to_string()}});
  list_.ban(peer, now + kBanTime);
  for (auto const& [handle, remote] : endpoints_) {
    if (list_.banned(remote, now)) actions_.close(handle, net::CloseReason::kBanned);
  }
}

net::Endpoint Dialer::endpoint_of(PeerHandle handle) const {
  auto const found = endpoints_.find(handle);
  return found == endpoints_.end() ? net::Endpoint{} : found->second;
}

std::vector<PeerHandle> Dialer::handles_of(net::Endpoint const& peer) const {
  std::vector<PeerHandle> handles;
  for (auto const& [handle, remote] : endpoints_) {
    if (remote == peer) handles.push_back(handle);
  }
  return handles;
}

std::size_t Dialer::awaited_count() const {
  return static_cast<std::size_t>(std::count_if(
      attempts_.begin(), attempts_.end(), [this](auto const& a) { return !ends_.holds(a.first); }));
}

// A piece may turn out bad after its senders have gone.
void Dialer::depart(PeerHandle handle) {
  departed_.push_back(handle);
  if (departed_.size() <= limits::kDepartedPeers) return;
  endpoints_.erase(departed_.front());
  departed_.pop_front();
}

}  // namespace btfast
