#include "engine/upload/choke_rounds.h"

#include <utility>

namespace btfast {
namespace {

constexpr std::chrono::seconds kLook{1};

}  // namespace

ChokeRounds::ChokeRounds(net::EventLoop& loop, EngineConfig const& config, std::size_t net_threads,
                         Actions actions)
    : loop_(loop),
      fixed_slots_(config.upload_slots),
      net_threads_(net_threads),
      actions_(std::move(actions)),
      seed_slots_(config.up_limit_bytes_per_s),
      answers_(net_threads),
      timer_(loop.timers(), [this] { look(); }) {}

void ChokeRounds::start() {
  asked_ = loop_.now();
  seeding_ = actions_.seeding();
  actions_.set_slots(slots());
  timer_.arm(kLook);
}

void ChokeRounds::stop() { timer_.disarm(); }

void ChokeRounds::look() {
  timer_.arm(kLook);
  TimePoint const now = loop_.now();
  if (seeding_ != actions_.seeding()) {
    seeding_ = !seeding_;
    actions_.set_slots(slots());
  }
  // A net thread that is late answers late; its answer is not taken for one of the next round.
  bool const whole = seeding_ && answers_ == net_threads_;
  if (!whole && now - asked_ < Choker::kInterval) return;
  asked_ = now;
  peers_.clear();
  answers_ = 0;
  actions_.ask();
}

std::uint32_t ChokeRounds::slots() const noexcept {
  if (fixed_slots_ != 0) return fixed_slots_;
  return seeding_ ? seed_slots_.slots() : static_cast<std::uint32_t>(leech_slots_.slots());
}

void ChokeRounds::on_snapshot(std::span<ChokePeer const> peers) {
  peers_.insert(peers_.end(), peers.begin(), peers.end());
  if (++answers_ == net_threads_) decide();
}

void ChokeRounds::decide() {
  UplinkUse use;
  for (auto const& peer : peers_) {
    use.bytes += peer.bytes_up;
    use.unchoked += peer.unchoked ? 1 : 0;
    use.fetching += peer.unchoked && peer.fetching ? 1 : 0;
    use.wanting += peer.interested ? 1 : 0;
  }
  if (seeding_) {
    seed_slots_.on_look(use, loop_.now());
  } else {
    leech_slots_.on_interval(use.bytes, use.unchoked, use.wanting);
  }
  actions_.set_slots(slots());
  actions_.apply(choker_.decide(peers_, slots(), seeding_, loop_.now()).unchoked);
}

}  // namespace btfast
