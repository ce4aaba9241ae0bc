#include "tests/support/sim_network.h"

#include <algorithm>
#include <cerrno>

#include "tests/support/sim_reactor.h"

namespace btfast::net {
namespace {

// FNV-1a, a word at a time.
std::uint64_t fold(std::uint64_t trace, std::uint64_t word) noexcept {
  return (trace ^ word) * 0x100000001b3;
}

}  // namespace

SimNetwork::SimNetwork(ManualClock& clock, std::uint64_t seed, SimNetworkConfig const& config)
    : clock_(clock), rng_(seed), config_(config) {}

SimNetwork::~SimNetwork() = default;

std::optional<TimePoint> SimNetwork::next_arrival() const {
  if (arrivals_.empty()) return std::nullopt;
  return std::max(arrivals_.top().when, clock_.now());
}

bool SimNetwork::step() {
  if (arrivals_.empty()) return false;
  Arrival const arrival = arrivals_.top();
  arrivals_.pop();
  clock_.advance_to(arrival.when);
  deliver(arrival.to);
  return true;
}

void SimNetwork::cut(Endpoint const& a, Endpoint const& b) { cut_.insert(link(a, b)); }

void SimNetwork::heal(Endpoint const& a, Endpoint const& b) {
  cut_.erase(link(a, b));
  std::vector<std::shared_ptr<SimStream>> still_held;
  for (auto const& stream : std::exchange(held_, {})) {
    if (cut_.contains(link(stream->local, stream->remote))) {
      still_held.push_back(stream);
      continue;
    }
    TimePoint not_before = clock_.now();
    for (SimPacket& packet : stream->inbound) {
      schedule(stream, packet, not_before);
      not_before = packet.arrival;
    }
  }
  held_.insert(held_.end(), still_held.begin(), still_held.end());
}

SimNetwork::Link SimNetwork::link(Endpoint const& a, Endpoint const& b) {
  return std::minmax(a.with_port(0), b.with_port(0));
}

SimReactor* SimNetwork::host_at(Endpoint const& endpoint) const {
  auto const found = hosts_.find(endpoint.with_port(0));
  return found == hosts_.end() ? nullptr : found->second;
}

Duration SimNetwork::latency() {
  auto const spread = config_.latency_max - config_.latency_min;
  auto const steps = static_cast<std::uint32_t>(spread / std::chrono::microseconds{1});
  return config_.latency_min + std::chrono::microseconds{1} * rng_.below(steps + 1);
}

// -- packets --------------------------------------------------------------------------------------

void SimNetwork::send(std::shared_ptr<SimStream> const& to, SimPacket packet) {
  to->inbound.push_back(std::move(packet));
  bool const first = to->inbound.size() == 1;
  TimePoint const before = first ? TimePoint{} : to->inbound[to->inbound.size() - 2].arrival;
  schedule(to, to->inbound.back(), before);
}

void SimNetwork::send_bytes(std::shared_ptr<SimStream> const& to, std::vector<std::byte> bytes) {
  for (std::size_t begin = 0; begin < bytes.size();) {
    // Now and then a tiny one, so that every header is cut somewhere in some run.
    std::uint32_t const most = rng_.one_in(8) ? 16 : config_.segment_bytes_max;
    std::size_t const size = std::min<std::size_t>(1 + rng_.below(most), bytes.size() - begin);
    auto const from = bytes.begin() + static_cast<std::ptrdiff_t>(begin);
    send(to, {.kind = SimPacket::Kind::kData,
              .bytes = {from, from + static_cast<std::ptrdiff_t>(size)}});
    begin += size;
  }
}

void SimNetwork::schedule(std::shared_ptr<SimStream> const& to, SimPacket& packet,
                          TimePoint not_before) {
  bool const timeout = packet.kind == SimPacket::Kind::kTimeout;
  Duration const travel = timeout ? config_.connect_timeout : latency();
  packet.arrival = std::max(clock_.now() + travel, not_before);
  arrivals_.push({packet.arrival, sequence_++, to});
}

void SimNetwork::deliver(std::shared_ptr<SimStream> const& to) {
  // A packet that a cut held and heal() sent again has another arrival of its own.
  if (to->inbound.empty() || to->inbound.front().arrival > clock_.now()) return;
  if (cut_.contains(link(to->local, to->remote))) {
    if (std::find(held_.begin(), held_.end(), to) == held_.end()) held_.push_back(to);
    return;
  }
  SimPacket const packet = std::move(to->inbound.front());
  to->inbound.pop_front();
  record(*to, packet);
  if (to->state != SimStream::State::kClosed) {
    packet.kind == SimPacket::Kind::kSyn ? deliver_syn(to) : to->receive(packet);
    return;
  }
  bool const unwanted =
      packet.kind == SimPacket::Kind::kData || packet.kind == SimPacket::Kind::kSynAck;
  if (unwanted && to->peer) {
    send(to->peer, {.kind = SimPacket::Kind::kReset, .error = ECONNRESET});
  }
}

// A connection's first packet waits on the client's stream, for there is no other yet.
void SimNetwork::deliver_syn(std::shared_ptr<SimStream> const& client) {
  SimReactor* const host = host_at(client->remote.is_loopback() ? client->local : client->remote);
  if (host != nullptr) {
    host->on_syn(client);
  } else {
    send(client, {.kind = SimPacket::Kind::kTimeout, .error = ETIMEDOUT});
  }
}

void SimNetwork::record(SimStream const& to, SimPacket const& packet) {
  ++packets_delivered_;
  trace_ = fold(trace_, static_cast<std::uint64_t>(clock_.now().time_since_epoch().count()));
  trace_ = fold(trace_, EndpointHash{}(to.local));
  trace_ = fold(trace_, EndpointHash{}(to.remote));
  trace_ = fold(trace_, static_cast<std::uint64_t>(packet.kind));
  trace_ = fold(trace_, packet.bytes.size() + packet.opened);
}

}  // namespace btfast::net
