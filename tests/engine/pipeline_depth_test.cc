#include "engine/swarm/pipeline_depth.h"

#include <gtest/gtest.h>

#include <deque>

namespace btfast {
namespace {

using std::chrono::milliseconds;

// A path of `rtt` that delivers at most `blocks_per_s`: asks as deep as the depth says and
// returns the blocks delivered within `run`.
struct Path {
  Duration rtt;
  double blocks_per_s;

  std::uint64_t deliver(PipelineDepth& depth, Duration run) const {
    auto const gap =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / blocks_per_s));
    TimePoint now{std::chrono::hours{1}};
    TimePoint const end = now + run;
    TimePoint sender_free = now;
    std::deque<std::pair<TimePoint, TimePoint>> flying;  // sent, arrives
    std::uint64_t delivered = 0;
    while (now < end) {
      while (flying.size() < depth.target()) {
        sender_free = std::max(sender_free + gap, now + rtt / 2);
        flying.emplace_back(now, sender_free + rtt / 2);
      }
      auto const [sent, arrives] = flying.front();
      flying.pop_front();
      now = arrives;
      depth.on_block(sent, now);
      ++delivered;
    }
    return delivered;
  }
};

TEST(PipelineDepth, FillsALongFatPathWithinASecondAndAHalf) {
  PipelineDepth depth{2000};
  Path const gigabit_50ms{milliseconds{50}, 7500};

  (void)gigabit_50ms.deliver(depth, milliseconds{1500});
  auto const delivered = gigabit_50ms.deliver(depth, milliseconds{2000});

  EXPECT_GE(static_cast<double>(delivered), 0.95 * 7500 * 2);
}

TEST(PipelineDepth, StaysShallowOnAShortPath) {
  PipelineDepth depth{2000};
  Path const local{std::chrono::microseconds{200}, 60'000};

  auto const delivered = local.deliver(depth, milliseconds{2000});

  EXPECT_GE(static_cast<double>(delivered), 0.95 * 60'000 * 2);
  EXPECT_LE(depth.target(), 256u);
}

TEST(PipelineDepth, NeverAsksMoreThanReqq) {
  PipelineDepth depth{40};
  EXPECT_EQ(depth.target(), 40u);

  (void)Path{milliseconds{100}, 10'000}.deliver(depth, milliseconds{3000});
  EXPECT_EQ(depth.target(), 40u);

  depth.set_reqq(10);
  EXPECT_EQ(depth.target(), 10u);
}

TEST(PipelineDepth, ASnubbedPeerIsAskedForOneBlockUntilItDelivers) {
  PipelineDepth depth{250};
  TimePoint const sent{std::chrono::hours{1}};

  depth.snub();
  EXPECT_EQ(depth.target(), 1u);

  depth.on_block(sent, sent + milliseconds{20});
  EXPECT_GT(depth.target(), 1u);
}

TEST(PipelineDepth, IsCappedUntilTheCapIsLifted) {
  PipelineDepth depth{2000};
  auto const free = depth.target();

  depth.cap(3);
  EXPECT_EQ(depth.target(), 3u);
  depth.cap(0);
  EXPECT_EQ(depth.target(), 1u);
  depth.uncap();

  EXPECT_EQ(depth.target(), free);
}

TEST(PipelineDepth, LeanIsShallowOnAShortPathAndFillsALongOne) {
  PipelineDepth near{2000};
  PipelineDepth far{2000};
  Path const local{std::chrono::microseconds{200}, 60'000};
  Path const gigabit_50ms{milliseconds{50}, 7500};

  (void)local.deliver(near, milliseconds{1500});
  (void)gigabit_50ms.deliver(far, milliseconds{1500});

  EXPECT_LE(near.lean_target(), 64u);
  EXPECT_GE(near.lean_target(), 8u);
  EXPECT_GE(far.lean_target(), 375u);  // rate x RTT
}

// As among fifty fast peers: what this one sends waits behind what the others send.
TEST(PipelineDepth, LeanBelievesTheSystemThatABusyPathIsShort) {
  PipelineDepth unknown{2000};
  PipelineDepth known{2000};
  known.set_path_rtt(std::chrono::microseconds{50});
  Path const behind_others{milliseconds{20}, 1'300};

  (void)behind_others.deliver(unknown, milliseconds{1500});
  (void)behind_others.deliver(known, milliseconds{1500});

  EXPECT_GE(unknown.lean_target(), 64u);
  EXPECT_LE(known.lean_target(), 16u);
  EXPECT_EQ(known.target(), unknown.target());
}

TEST(PipelineDepth, LeanDoesNotBelieveTheSystemThatALongWayIsShort) {
  PipelineDepth depth{2000};
  depth.set_path_rtt(std::chrono::microseconds{50});  // of the way to a relay
  Path const gigabit_60ms{milliseconds{60}, 7500};

  (void)gigabit_60ms.deliver(depth, milliseconds{1500});

  EXPECT_GE(depth.lean_target(), 450u);  // rate x RTT
}

TEST(PipelineDepth, LeanNeverExceedsTheTarget) {
  PipelineDepth depth{8};
  EXPECT_LE(depth.lean_target(), depth.target());

  depth.snub();

  EXPECT_EQ(depth.lean_target(), 1u);
}

}  // namespace
}  // namespace btfast
