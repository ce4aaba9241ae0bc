// PeerTimes: how long a connection may take for what it must do.
//
// Plain data; the defaults are those of engine/base/limits.h.
#pragma once

#include <chrono>

#include "engine/base/limits.h"

namespace btfast::net {

struct PeerTimes {
  std::chrono::milliseconds connect{limits::kConnectTimeout};
  std::chrono::milliseconds handshake{limits::kHandshakeTimeout};  // the whole of it
  std::chrono::milliseconds idle{limits::kIdleTimeout};            // without a message

  // When to speak so that a peer that waits as long as we do stays: never later than BEP 3's.
  std::chrono::milliseconds keep_alive() const noexcept {
    std::chrono::milliseconds const usual{limits::kKeepAlive};
    return idle * 2 / 3 < usual ? idle * 2 / 3 : usual;
  }
};

}  // namespace btfast::net
