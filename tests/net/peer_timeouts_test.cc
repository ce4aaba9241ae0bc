#include "net/peer_timeouts.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "engine/base/limits.h"

namespace btfast::net {
namespace {

using std::chrono::seconds;

class PeerTimeoutsTest : public ::testing::Test, protected PeerTimeouts::Sink {
 protected:
  void on_timeout(CloseReason reason) override {
    EXPECT_FALSE(timed_out_) << "twice";
    timed_out_ = reason;
    timeouts_.stop();
  }
  void on_keep_alive_due() override { ++keep_alives_; }

  void pass(seconds time) {
    for (seconds s{0}; s < time; ++s) wheel_.advance(wheel_.now() + seconds{1});
  }

  TimerWheel wheel_{TimePoint{std::chrono::hours{1}}};
  PeerTimeouts timeouts_{wheel_, *this};
  std::optional<CloseReason> timed_out_;
  int keep_alives_ = 0;
};

TEST_F(PeerTimeoutsTest, LimitsConnectingAndThenTheHandshakeEachByItsOwnTime) {
  timeouts_.start_connect();
  pass(limits::kConnectTimeout - seconds{1});
  timeouts_.start_handshake();
  pass(limits::kHandshakeTimeout - seconds{1});
  EXPECT_FALSE(timed_out_);
  pass(seconds{1});

  EXPECT_EQ(timed_out_, CloseReason::kHandshakeTimeout);
}

TEST_F(PeerTimeoutsTest, DoesNotCountProgressOfAHandshake) {
  timeouts_.start_handshake();
  for (int i = 0; i < 20; ++i) {
    timeouts_.note_progress();
    pass(seconds{1});
  }

  EXPECT_EQ(timed_out_, CloseReason::kHandshakeTimeout);
}

TEST_F(PeerTimeoutsTest, CallsAPeerIdleThatTimeAfterItsLastProgress) {
  timeouts_.start_frames();
  pass(seconds{77});
  timeouts_.note_progress();
  pass(limits::kIdleTimeout - seconds{1});
  EXPECT_FALSE(timed_out_);
  pass(seconds{1});

  EXPECT_EQ(timed_out_, CloseReason::kIdleTimeout);
}

TEST_F(PeerTimeoutsTest, AsksForAKeepAliveThatTimeAfterTheLastSending) {
  timeouts_.start_frames();
  pass(seconds{30});
  timeouts_.note_sent();
  pass(limits::kKeepAlive - seconds{1});
  EXPECT_EQ(keep_alives_, 0);
  pass(seconds{1});

  EXPECT_EQ(keep_alives_, 1);
}

TEST_F(PeerTimeoutsTest, AsksAgainWhileNothingIsSent) {
  timeouts_.start_frames();
  for (int i = 0; i < 10; ++i) {
    pass(limits::kKeepAlive);
    timeouts_.note_progress();
  }

  EXPECT_EQ(keep_alives_, 10);
}

// Each of the times by itself, as somebody set it.
TEST_F(PeerTimeoutsTest, KeepsToTheTimesThatItWasGiven) {
  struct Case {
    void (PeerTimeouts::*start)();
    seconds limit;
    CloseReason reason;
  };
  for (auto const& [start, limit, reason] : std::vector<Case>{
           {&PeerTimeouts::start_connect, seconds{3}, CloseReason::kConnectTimeout},
           {&PeerTimeouts::start_handshake, seconds{5}, CloseReason::kHandshakeTimeout},
           {&PeerTimeouts::start_frames, seconds{30}, CloseReason::kIdleTimeout}}) {
    timed_out_.reset();
    PeerTimeouts given{wheel_, *this, {seconds{3}, seconds{5}, seconds{30}}};
    (given.*start)();
    pass(limit - seconds{1});
    EXPECT_FALSE(timed_out_) << close_reason_name(reason);
    pass(seconds{1});
    EXPECT_EQ(timed_out_, reason);
    given.stop();
  }
}

TEST_F(PeerTimeoutsTest, SpeaksOftenEnoughForAPeerThatWaitsNoLongerThanWeDo) {
  PeerTimeouts given{wheel_, *this, {.idle = seconds{30}}};
  given.start_frames();
  pass(seconds{25});
  given.stop();

  EXPECT_EQ(keep_alives_, 1);
  EXPECT_EQ(PeerTimes{}.keep_alive(), limits::kKeepAlive);
}

TEST_F(PeerTimeoutsTest, IsSilentOnceStopped) {
  timeouts_.start_frames();
  timeouts_.stop();
  pass(2 * limits::kIdleTimeout);

  EXPECT_FALSE(timed_out_);
  EXPECT_EQ(keep_alives_, 0);
  EXPECT_EQ(wheel_.armed_count(), 0u);
}

}  // namespace
}  // namespace btfast::net
