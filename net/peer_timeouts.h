// PeerTimeouts: when a connection has waited long enough, and when it must speak.
// One timer, looked at only when it fires, so traffic costs nothing here.
//
// Threads: the connection's net thread.
#pragma once

#include <cstdint>

#include "engine/base/clock.h"
#include "net/peer_observer.h"
#include "net/peer_times.h"
#include "net/timer_wheel.h"

namespace btfast::net {

class PeerTimeouts {
 public:
  class Sink {
   public:
    virtual void on_timeout(CloseReason reason) = 0;
    // Nothing was sent for PeerTimes::keep_alive() (BEP 3).
    virtual void on_keep_alive_due() = 0;

   protected:
    ~Sink() = default;
  };

  PeerTimeouts(TimerWheel& wheel, Sink& sink, PeerTimes const& times = {});

  void start_connect();
  // The whole handshake, however slowly its bytes come.
  void start_handshake();
  void start_frames();
  void stop() noexcept;

  // The peer finished a message, or a good part of a block.
  void note_progress() noexcept { progress_ = wheel_.now(); }
  void note_sent() noexcept { sent_ = wheel_.now(); }

 private:
  enum class Stage : std::uint8_t { kStopped, kConnect, kHandshake, kFrames };

  void enter(Stage stage, Duration limit);
  void on_fire();
  void look_at_frames();

  TimerWheel& wheel_;
  Sink& sink_;
  PeerTimes const times_;
  Timer timer_;
  Stage stage_ = Stage::kStopped;
  TimePoint progress_{};
  TimePoint sent_{};
};

}  // namespace btfast::net
