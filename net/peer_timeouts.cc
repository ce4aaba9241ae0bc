#include "net/peer_timeouts.h"

#include <algorithm>

#include "engine/base/limits.h"

namespace btfast::net {

PeerTimeouts::PeerTimeouts(TimerWheel& wheel, Sink& sink)
    : wheel_(wheel), sink_(sink), timer_(wheel, [this] { on_fire(); }) {}

void PeerTimeouts::start_connect() { enter(Stage::kConnect, limits::kConnectTimeout); }

void PeerTimeouts::start_handshake() { enter(Stage::kHandshake, limits::kHandshakeTimeout); }

void PeerTimeouts::start_frames() {
  progress_ = sent_ = wheel_.now();
  enter(Stage::kFrames, std::min(limits::kKeepAlive, limits::kIdleTimeout));
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
  TimePoint const idle_at = progress_ + limits::kIdleTimeout;
  if (now >= idle_at) return sink_.on_timeout(CloseReason::kIdleTimeout);
  if (now >= sent_ + limits::kKeepAlive) {
    sent_ = now;
    sink_.on_keep_alive_due();
    if (stage_ != Stage::kFrames) return;
  }
  timer_.arm_at(std::min(idle_at, sent_ + Duration{limits::kKeepAlive}));
}

}  // namespace btfast::net
