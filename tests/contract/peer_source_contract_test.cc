// What every PeerSource promises, whatever lies behind it.  A new source adds itself to
// the list at the end.
#include "engine/peers/peer_source.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "engine/peers/tracker_source.h"
#include "tests/support/fake_tracker.h"

namespace btfast {
namespace {

using std::chrono::seconds;

// A source with a world behind it that the test can make speak.
struct SourceUnderTest {
  std::unique_ptr<PeerSource> source;
  std::function<void()> name_a_peer;   // if the source listens
  std::function<void()> send_garbage;  // likewise
};

struct SourceKind {
  char const* name;
  std::function<SourceUnderTest(net::TimerWheel&, Rng&)> make;
};

SourceUnderTest make_tracker_under_test(net::TimerWheel& wheel, Rng& rng) {
  auto const log = std::make_shared<test::FakeTrackerLog>();
  TrackerSource::Tiers tiers(1);
  tiers[0].push_back(std::make_unique<test::FakeTracker>("t", log));
  return {.source = std::make_unique<TrackerSource>(std::move(tiers), AnnounceIdentity{}, wheel,
                                                    rng, TrackerSource::Options{}),
          .name_a_peer =
              [log] {
                net::AnnounceReply reply;
                reply.peers = {*net::Endpoint::parse("10.0.0.1:6881")};
                if (log->is_asked()) log->answer(std::move(reply));
              },
          .send_garbage =
              [log] {
                if (log->is_asked()) log->fail();
              }};
}

class PeerSourceContract : public ::testing::TestWithParam<SourceKind> {
 protected:
  void start() {
    under_.source->start([this](PeerOrigin, auto peers) { peers_ += peers.size(); },
                         [] { return TransferTotals{}; });
  }
  void stop() {
    under_.source->stop([this] { ++done_; });
  }
  void advance(Duration by) {
    clock_.advance(by);
    wheel_.advance(clock_.now());
  }

  ManualClock clock_;
  net::TimerWheel wheel_{clock_.now()};
  Rng rng_{1};
  SourceUnderTest under_ = GetParam().make(wheel_, rng_);
  std::size_t peers_ = 0;
  int done_ = 0;
};

TEST_P(PeerSourceContract, HandsOverPeers) {
  start();

  under_.name_a_peer();

  EXPECT_EQ(peers_, 1u);
}

TEST_P(PeerSourceContract, StopsPromptlyWhateverTheOtherSideDoes) {
  start();
  under_.name_a_peer();

  stop();
  advance(seconds{5});

  EXPECT_EQ(done_, 1);
}

TEST_P(PeerSourceContract, NamesNoPeerAfterStop) {
  start();

  stop();
  for (int i = 0; i < 100; ++i) {
    under_.name_a_peer();
    advance(seconds{60});
  }

  EXPECT_EQ(peers_, 0u);
  EXPECT_EQ(done_, 1);
}

TEST_P(PeerSourceContract, StopWithoutStartIsDoneToo) {
  stop();
  advance(seconds{5});

  EXPECT_EQ(done_, 1);
}

TEST_P(PeerSourceContract, SurvivesGarbageAndStillNamesPeers) {
  start();

  under_.send_garbage();
  advance(seconds{30});
  under_.name_a_peer();

  EXPECT_EQ(peers_, 1u);
}

TEST_P(PeerSourceContract, MayBeDestroyedWithoutStop) {
  start();

  under_.source.reset();
  advance(seconds{3600});

  EXPECT_EQ(peers_, 0u);
}

TEST_P(PeerSourceContract, WantingPeersAndCompletingBeforeAnyAnswerIsHarmless) {
  start();

  for (int i = 0; i < 10; ++i) under_.source->want_peers(PeerNeed::kAny);
  under_.source->completed();
  under_.name_a_peer();

  EXPECT_EQ(peers_, 1u);
}

INSTANTIATE_TEST_SUITE_P(Sources, PeerSourceContract,
                         ::testing::Values(SourceKind{"trackers", make_tracker_under_test}),
                         [](auto const& tested) { return std::string{tested.param.name}; });

}  // namespace
}  // namespace btfast
