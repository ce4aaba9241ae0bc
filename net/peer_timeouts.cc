#include "net/peer_timeouts.h"

#include <algorithm>

namespace btfast::net {

PeerTimeouts::PeerTimeouts(TimerWheel& wheel, Sink& sink, PeerTimes const& times)
    : wheel_(wheel), sink_(sink), times_(times), timer_(wheel, [this] { on_fire(); }) {}

void PeerTimeouts::start_connect() { enter(Stage::kConnect, times_.connect); }

void PeerTimeouts::start_handshake() { enter(Stage::kHandshake, times_.handshake); }

void PeerTimeouts::start_frames() {
  progress_ = sent_ = wheel_.now();
  enter(Stage::kFrames, std::min(times_.keep_alive(), times_.idle));
}

void PeerTimeouts::stop() noexcept {
  stage_ = Stage::kStopped;
  timer_.disarm();
}

void PeerTimeouts::enter(Stage stage, Duration limit) {
  stage_ = stage;
  timer_.arm(limit);
}

void PeerTimeouts::on_fire() {
  switch (stage_) {
    case Stage::kStopped:
      return;
    case Stage::kConnect:
      return sink_.on_timeout(CloseReason::kConnectTimeout);
    case Stage::kHandshake:
      return sink_.on_timeout(CloseReason::kHandshakeTimeout);
    case Stage::kFrames:
      return look_at_frames();
  }
}

void PeerTimeouts::look_at_frames() {
  TimePoint const now = wheel_.now();
  TimePoint const idle_at = progress_ + times_.idle;
  if (now >= idle_at) return sink_.on_timeout(CloseReason::kIdleTimeout);
  if (now >= sent_ + times_.keep_alive()) {
    sent_ = now;
    sink_.on_keep_alive_due();
    if (stage_ != Stage::kFrames) return;
  }
  timer_.arm_at(std::min(idle_at, sent_ + Duration{times_.keep_alive()}));
}

}  // namespace btfast::net
