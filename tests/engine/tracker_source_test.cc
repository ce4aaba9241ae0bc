#include "engine/peers/tracker_source.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "tests/support/fake_tracker.h"

namespace btfast {
namespace {

using net::AnnounceEvent;
using net::AnnounceReply;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::FakeTracker;
using test::FakeTrackerLog;

class TrackerSourceTest : public ::testing::Test {
 protected:
  // Trackers are numbered through the tiers; each tier holds one unless the sizes say so.
  void make(std::vector<std::size_t> const& tier_sizes, TrackerSource::Options options = {}) {
    TrackerSource::Tiers tiers;
    for (auto const size : tier_sizes) {
      auto& tier = tiers.emplace_back();
      for (std::size_t i = 0; i < size; ++i) {
        auto const log = logs_.emplace_back(std::make_shared<FakeTrackerLog>());
        tier.push_back(std::make_unique<FakeTracker>("t" + std::to_string(logs_.size()), log));
      }
    }
    AnnounceIdentity const identity{.port = 6881, .key = 7};
    source_ = std::make_unique<TrackerSource>(std::move(tiers), identity, wheel_, rng_,
                                              std::move(options));
  }
  void start() {
    source_->start(
        [this](PeerOrigin, std::span<net::Endpoint const> peers) {
          peers_.insert(peers_.end(), peers.begin(), peers.end());
        },
        [this] { return totals_; });
  }
  void advance(Duration by) {
    clock_.advance(by);
    wheel_.advance(clock_.now());
  }
  FakeTrackerLog& log(std::size_t index) { return *logs_[index]; }
  static AnnounceReply reply(seconds interval) {
    AnnounceReply out;
    out.interval = interval;
    out.peers = {*net::Endpoint::parse("10.0.0.1:6881")};
    return out;
  }
  int stops_done() const { return stops_done_; }
  void stop() {
    source_->stop([this] { ++stops_done_; });
  }

  ManualClock clock_;
  net::TimerWheel wheel_{clock_.now()};
  Rng rng_{1};
  std::vector<std::shared_ptr<FakeTrackerLog>> logs_;
  std::unique_ptr<TrackerSource> source_;
  TransferTotals totals_{.bytes_down = 10, .bytes_up = 20, .bytes_left = 30};
  std::vector<net::Endpoint> peers_;
  int stops_done_ = 0;
};

TEST_F(TrackerSourceTest, StartsOnceWithWhatWeAre) {
  make({1});

  start();

  ASSERT_EQ(log(0).asked.size(), 1u);
  auto const& request = log(0).asked[0];
  EXPECT_EQ(request.event, AnnounceEvent::kStarted);
  EXPECT_EQ(request.port, 6881);
  EXPECT_EQ(request.downloaded, 10u);
  EXPECT_EQ(request.uploaded, 20u);
  EXPECT_EQ(request.left, 30u);
  log(0).answer(reply(seconds{900}));
  EXPECT_EQ(peers_.size(), 1u);
}

TEST_F(TrackerSourceTest, AnnouncesAgainAtTheIntervalAndNotBefore) {
  make({1});
  start();
  log(0).answer(reply(seconds{900}));

  advance(seconds{899});
  EXPECT_EQ(log(0).asked.size(), 1u);
  totals_.bytes_left = 0;
  advance(seconds{2});

  ASSERT_EQ(log(0).asked.size(), 2u);
  EXPECT_EQ(log(0).asked[1].event, AnnounceEvent::kNone);
  EXPECT_EQ(log(0).asked[1].left, 0u);
}

TEST_F(TrackerSourceTest, NeverMoreThanOnceAMinute) {
  make({1});
  start();

  for (int i = 0; i < 600; ++i) {
    if (log(0).is_asked()) log(0).answer(reply(seconds{1}));
    source_->want_peers(PeerNeed::kMore);
    advance(seconds{1});
  }

  EXPECT_GE(log(0).asked.size(), 9u);
  EXPECT_LE(log(0).asked.size(), 11u);
}

TEST_F(TrackerSourceTest, WantPeersRespectsTheMinInterval) {
  make({1});
  start();
  auto slow = reply(seconds{900});
  slow.min_interval = seconds{300};
  log(0).answer(slow);

  source_->want_peers(PeerNeed::kMore);
  advance(seconds{299});
  EXPECT_EQ(log(0).asked.size(), 1u);
  advance(seconds{2});

  EXPECT_EQ(log(0).asked.size(), 2u);
}

TEST_F(TrackerSourceTest, WantPeersAsksTheNextTrackerAtOnce) {
  make({1, 1});
  start();
  log(0).answer(reply(seconds{900}));
  EXPECT_FALSE(log(1).is_asked());

  source_->want_peers(PeerNeed::kMore);

  ASSERT_TRUE(log(1).is_asked());
  EXPECT_EQ(log(1).asked[0].event, AnnounceEvent::kStarted);
}

TEST_F(TrackerSourceTest, ADeadTierLeadsToTheNextAtOnce) {
  make({1, 1});
  start();

  log(0).fail();

  ASSERT_TRUE(log(1).is_asked());
  log(1).answer(reply(seconds{900}));
  EXPECT_EQ(peers_.size(), 1u);
}

TEST_F(TrackerSourceTest, ASilentTrackerDoesNotHoldUpItsTier) {
  make({2});
  start();
  std::size_t const first = log(0).is_asked() ? 0 : 1;

  advance(seconds{4});

  ASSERT_TRUE(log(1 - first).is_asked());
  log(1 - first).answer(reply(seconds{900}));
  log(first).answer(reply(seconds{900}));
  EXPECT_EQ(peers_.size(), 2u);
}

// The live one stands in each place in turn, behind silent ones, in one tier or one tier each.
TEST_F(TrackerSourceTest, ACrowdOfSilentTrackersCostsLessThanTwoSeconds) {
  constexpr std::size_t kCrowd = 88;
  for (bool const one_tier : {true, false}) {
    for (std::size_t live = 0; live < kCrowd; live += 3) {
      logs_.clear();
      peers_.clear();
      make(one_tier ? std::vector<std::size_t>{kCrowd} : std::vector<std::size_t>(kCrowd, 1));
      start();

      for (auto passed = milliseconds{0}; passed < seconds{2}; passed += milliseconds{10}) {
        if (log(live).is_asked()) log(live).answer(reply(seconds{900}));
        advance(milliseconds{10});
      }

      EXPECT_EQ(peers_.size(), 1u) << live;
    }
  }
}

TEST_F(TrackerSourceTest, OneThatAnswersAtOnceIsTheOnlyOneAsked) {
  make({10, 10});
  start();
  std::size_t asked = 0;
  for (auto const& log : logs_) {
    if (log->is_asked()) log->answer(reply(seconds{900}));
  }

  advance(minutes{10});

  for (auto const& log : logs_) asked += log->asked.size();
  EXPECT_EQ(asked, 1u);
}

// What came late counts: they know us, and are told so once each.
TEST_F(TrackerSourceTest, AnswersThatComeLateAreUsedAndRemembered) {
  make({1, 1, 1});
  start();
  advance(seconds{2});
  for (std::size_t i = 0; i < 3; ++i) ASSERT_EQ(log(i).asked.size(), 1u);
  log(2).answer(reply(seconds{900}));
  advance(seconds{20});
  log(0).answer(reply(seconds{900}));
  EXPECT_EQ(peers_.size(), 2u);

  source_->completed();
  log(0).answer(reply(seconds{900}));
  log(2).answer(reply(seconds{900}));
  stop();
  log(0).answer();
  log(2).answer();

  for (std::size_t const i : {0, 2}) {
    EXPECT_EQ(log(i).count(AnnounceEvent::kStarted), 1u);
    EXPECT_EQ(log(i).count(AnnounceEvent::kCompleted), 1u);
    EXPECT_EQ(log(i).count(AnnounceEvent::kStopped), 1u);
  }
  EXPECT_EQ(log(1).count(AnnounceEvent::kCompleted), 0u);
}

// The one that answered knew nobody; the silent one does not keep the next from being asked.
TEST_F(TrackerSourceTest, WantPeersGoesOnPastSilentTrackers) {
  make({2, 1});
  start();
  std::size_t const second = log(0).is_asked() ? 1 : 0;
  advance(milliseconds{300});
  ASSERT_TRUE(log(second).is_asked());
  log(second).answer(AnnounceReply{});
  EXPECT_FALSE(log(2).is_asked());

  source_->want_peers(PeerNeed::kMore);

  EXPECT_TRUE(log(2).is_asked());
}

TEST_F(TrackerSourceTest, WhenTheLastPeerGoesTrackersAreAskedAtOnce) {
  make({1});
  start();
  auto slow = reply(seconds{1'800});
  slow.min_interval = seconds{900};
  log(0).answer(slow);
  advance(seconds{30});

  source_->want_peers(PeerNeed::kLostAll);

  ASSERT_TRUE(log(0).is_asked());
  EXPECT_EQ(log(0).asked.back().event, AnnounceEvent::kNone);
  log(0).answer(slow);
  for (int i = 0; i < 600; ++i) {  // and not once more before their time
    source_->want_peers(PeerNeed::kLostAll);
    advance(seconds{1});
  }
  EXPECT_EQ(log(0).asked.size(), 2u);
}

TEST_F(TrackerSourceTest, PeersThatComeAndGoAreNoStormOfAnnounces) {
  make({1});
  start();

  for (int i = 0; i < 600; ++i) {
    if (log(0).is_asked()) log(0).answer(reply(seconds{60}));
    source_->want_peers(PeerNeed::kLostAll);
    advance(seconds{1});
  }

  EXPECT_LE(log(0).asked.size(), 21u);
}

TEST_F(TrackerSourceTest, LosingAllPeersDoesNotPressATrackerThatFails) {
  make({1});
  start();
  log(0).fail();

  source_->want_peers(PeerNeed::kLostAll);
  advance(seconds{10});

  EXPECT_EQ(log(0).asked.size(), 1u);
}

TEST_F(TrackerSourceTest, BacksOffFromATrackerThatFails) {
  make({1});
  start();

  for (int i = 0; i < 24 * 3600; ++i) {
    if (log(0).is_asked()) log(0).fail();
    advance(seconds{1});
  }

  // 15 s doubling up to 32 min, each up to half longer: a day holds 32 to 55 of them.
  EXPECT_GE(log(0).asked.size(), 30u);
  EXPECT_LE(log(0).asked.size(), 55u);
  for (auto const& request : log(0).asked) EXPECT_EQ(request.event, AnnounceEvent::kStarted);
}

TEST_F(TrackerSourceTest, TheFirstRetryComesBetween15And23Seconds) {
  make({1});
  start();
  log(0).fail();

  advance(milliseconds{14'900});
  EXPECT_EQ(log(0).asked.size(), 1u);
  advance(milliseconds{7'700});

  EXPECT_EQ(log(0).asked.size(), 2u);
}

// A tracker that was down is not asked by all torrents of a session in the same moment.
TEST_F(TrackerSourceTest, TorrentsThatFailTogetherComeBackOneByOne) {
  constexpr std::size_t kTorrents = 200;
  std::map<int, std::size_t> retries;  // by the second they fall in

  for (std::size_t i = 0; i < kTorrents; ++i) {
    logs_.clear();
    make({1});
    start();
    log(0).fail();
    int second = 0;
    for (; !log(0).is_asked(); ++second) advance(seconds{1});
    ++retries[second];
  }

  for (auto const& [second, count] : retries) EXPECT_LE(count, kTorrents / 3) << second;
}

TEST_F(TrackerSourceTest, CompletedIsToldOnceToEachTrackerThatKnowsUs) {
  make({1, 1, 1});
  start();
  log(0).answer(reply(seconds{900}));
  source_->want_peers(PeerNeed::kMore);
  log(1).answer(reply(seconds{900}));

  source_->completed();
  log(0).answer(reply(seconds{900}));
  log(1).answer(reply(seconds{900}));
  advance(minutes{60});

  EXPECT_EQ(log(0).count(AnnounceEvent::kCompleted), 1u);
  EXPECT_EQ(log(1).count(AnnounceEvent::kCompleted), 1u);
  EXPECT_EQ(log(2).asked.size(), 0u);
}

TEST_F(TrackerSourceTest, CompletedWaitsForTheAnswerToStarted) {
  make({1});
  start();

  source_->completed();
  EXPECT_EQ(log(0).asked.size(), 1u);
  log(0).answer(reply(seconds{900}));

  ASSERT_EQ(log(0).asked.size(), 2u);
  EXPECT_EQ(log(0).asked[1].event, AnnounceEvent::kCompleted);
}

TEST_F(TrackerSourceTest, StopTellsEachTrackerThatKnowsUsOnce) {
  make({1, 1});
  start();
  log(0).answer(reply(seconds{900}));

  stop();

  ASSERT_TRUE(log(0).is_asked());
  EXPECT_EQ(log(0).asked.back().event, AnnounceEvent::kStopped);
  EXPECT_LE(log(0).asked.back().timeout, limits::kTrackerStopTimeout);
  EXPECT_EQ(log(1).asked.size(), 0u);
  EXPECT_EQ(stops_done(), 0);
  log(0).answer();
  EXPECT_EQ(stops_done(), 1);
  advance(minutes{60});
  EXPECT_EQ(stops_done(), 1);
  EXPECT_EQ(log(0).asked.size(), 2u);
}

TEST_F(TrackerSourceTest, StopDoesNotWaitLongForATrackerThatHangs) {
  make({1});
  start();
  log(0).answer(reply(seconds{900}));

  stop();
  advance(limits::kTrackerStopTimeout + seconds{1});

  EXPECT_EQ(stops_done(), 1);
}

TEST_F(TrackerSourceTest, StopWhileStartedIsInFlightStillSaysGoodbye) {
  make({1});
  start();

  stop();

  ASSERT_TRUE(log(0).is_asked());
  EXPECT_EQ(log(0).asked.back().event, AnnounceEvent::kStopped);
  EXPECT_LE(log(0).asked.back().timeout, seconds{1});
}

TEST_F(TrackerSourceTest, StopSaysNothingToATrackerThatRefusedUs) {
  make({1});
  start();
  log(0).fail();

  stop();
  EXPECT_EQ(stops_done(), 0);  // never from inside stop()
  advance(milliseconds{5});

  EXPECT_EQ(stops_done(), 1);
  EXPECT_EQ(log(0).count(AnnounceEvent::kStopped), 0u);
}

TEST_F(TrackerSourceTest, StopFromInsideTheSinkEndsEverything) {
  make({1});
  source_->start([this](PeerOrigin, std::span<net::Endpoint const>) { stop(); },
                 [this] { return totals_; });

  log(0).answer(reply(seconds{900}));
  ASSERT_TRUE(log(0).is_asked());
  log(0).answer();

  EXPECT_EQ(stops_done(), 1);
  EXPECT_EQ(log(0).count(AnnounceEvent::kStopped), 1u);
}

TEST_F(TrackerSourceTest, StatusSaysWhatPeopleWantToKnow) {
  make({1, 1});
  start();
  log(0).fail();
  auto answer = reply(seconds{900});
  answer.seeders = 4;
  answer.leechers = 5;
  log(1).answer(answer);

  auto const status = source_->status();

  ASSERT_EQ(status.size(), 2u);
  EXPECT_EQ(status[0].url, "t1");
  EXPECT_EQ(status[0].state, TrackerStatus::State::kFailed);
  EXPECT_EQ(status[0].message, "no");
  EXPECT_EQ(status[1].tier, 1u);
  EXPECT_EQ(status[1].state, TrackerStatus::State::kWorking);
  EXPECT_EQ(status[1].seeders, 4u);
  EXPECT_EQ(status[1].leechers, 5u);
  EXPECT_EQ(status[1].peers, 1u);
  EXPECT_EQ(status[1].next_announce, clock_.now() + seconds{900});
}

TEST_F(TrackerSourceTest, StatusHasWhatIsNotAskedInItsTier) {
  TrackerStatus refused;
  refused.url = "u";
  refused.state = TrackerStatus::State::kUnusable;
  make({1, 1}, {.unusable = {refused}});

  auto const status = source_->status();

  ASSERT_EQ(status.size(), 3u);
  EXPECT_EQ(status[1].url, "u");
  EXPECT_EQ(status[2].tier, 1u);
  EXPECT_EQ(source_->tracker_count(), 2u);
}

TEST_F(TrackerSourceTest, WhatFailedStaysSoUntilItWorks) {
  make({1});
  start();
  EXPECT_EQ(source_->status()[0].state, TrackerStatus::State::kAsking);
  log(0).fail();
  advance(seconds{30});

  ASSERT_TRUE(log(0).is_asked());
  EXPECT_EQ(source_->status()[0].state, TrackerStatus::State::kFailed);
}

TEST_F(TrackerSourceTest, ATorrentWithoutTrackersIsQuiet) {
  make({});

  start();
  source_->want_peers(PeerNeed::kMore);
  source_->completed();
  stop();
  advance(milliseconds{5});

  EXPECT_EQ(stops_done(), 1);
}

}  // namespace
}  // namespace btfast
