#include "engine/upload/choke_rounds.h"

#include <utility>

namespace btfast {

ChokeRounds::ChokeRounds(net::EventLoop& loop, EngineConfig const& config, std::size_t net_threads,
                         Actions actions)
    : loop_(loop),
      fixed_slots_(config.upload_slots),
      net_threads_(net_threads),
      actions_(std::move(actions)),
      timer_(loop.timers(), [this] { begin_round(); }) {}

void ChokeRounds::start() {
  actions_.set_slots(fixed_slots_ != 0 ? fixed_slots_
                                       : static_cast<std::uint32_t>(auto_slots_.slots()));
  timer_.arm(Choker::kInterval);
}

void ChokeRounds::stop() { timer_.disarm(); }

void ChokeRounds::begin_round() {
  peers_.clear();
  answers_ = 0;
  timer_.arm(Choker::kInterval);
  actions_.ask();
}

void ChokeRounds::on_snapshot(std::span<ChokePeer const> peers) {
  peers_.insert(peers_.end(), peers.begin(), peers.end());
  if (++answers_ == net_threads_) decide();
}

void ChokeRounds::decide() {
  std::uint64_t bytes_up = 0;
  std::size_t used = 0;
  std::size_t wanting = 0;
  for (auto const& peer : peers_) {
    bytes_up += peer.bytes_up;
    used += peer.unchoked ? 1 : 0;
    wanting += peer.interested ? 1 : 0;
  }
  auto_slots_.on_interval(bytes_up, used, wanting);
  std::size_t const slots = fixed_slots_ != 0 ? fixed_slots_ : auto_slots_.slots();
  actions_.set_slots(static_cast<std::uint32_t>(slots));
  actions_.apply(choker_.decide(peers_, slots, actions_.seeding(), loop_.now()).unchoked);
}

}  // namespace btfast
