#include "cli/fetch_words.h"

#include <gtest/gtest.h>

#include <string>

namespace btfast::cli {
namespace {

TrackerStatuses failed_tracker() {
  TrackerStatus status;
  status.url = "http://t:80/announce";
  status.state = TrackerStatus::State::kFailed;
  status.message = "no answer";
  return {status};
}

PeerScene closed_peer() {
  return {.ends = {{.kind = {net::CloseReason::kPeerClosed, true},
                    .peers = 1,
                    .example = net::Endpoint::ipv4({10, 0, 0, 1}, 9)}}};
}

TEST(FetchNotice, JoinsWhatTrackersAndPeersSay) {
  EXPECT_EQ(fetch_notice({.trackers = failed_tracker(), .peers = closed_peer()}),
            "http://t:80/announce: no answer; the only peer known closed the connection "
            "(10.0.0.1:9)");
  EXPECT_EQ(fetch_notice({.trackers = {}, .peers = closed_peer()}),
            "the only peer known closed the connection (10.0.0.1:9)");
}

TEST(FetchNotice, SaysNothingOfPeersWhileOneMayStillGive) {
  for (auto const member : {&PeerScene::connected, &PeerScene::awaited}) {
    auto peers = closed_peer();
    peers.*member = 1;
    EXPECT_EQ(fetch_notice({.trackers = {}, .peers = peers}), "");
  }
  EXPECT_EQ(fetch_notice({.trackers = {}, .peers = closed_peer(), .answer_due = false}), "");
  EXPECT_EQ(fetch_notice({.trackers = failed_tracker(), .peers = closed_peer(), .fetching = false}),
            "");
}

TEST(GaveUpText, SaysWhatBecameOfThePeersWhereNothingComes) {
  EXPECT_EQ(gave_up_text("too late", {.trackers = failed_tracker(), .peers = closed_peer()}),
            "gave up: too late; the only peer known closed the connection (10.0.0.1:9); "
            "http://t:80/announce: no answer");
  EXPECT_EQ(gave_up_text("too late", {.trackers = {}, .peers = {.connected = 2}}),
            "gave up: too late; 2 peers known: 2 are connected and choke us");
}

TEST(GaveUpText, IsShortWhereBlocksCame) {
  FetchView const view{.trackers = {}, .peers = {.connected = 2, .giving = 2}, .block_came = true};

  EXPECT_EQ(gave_up_text("too late", view), "gave up: too late");
  EXPECT_EQ(gave_up_text("too late", {.trackers = {}, .peers = closed_peer(), .fetching = false}),
            "gave up: too late");
}

// One peer that is of no use makes no tracker's word void.
TEST(GaveUpText, SaysWhatTrackersSaidWhoeverIsConnected) {
  std::string const choked = "gave up: too late; the only peer known is connected and chokes us";
  auto trackers = failed_tracker();
  FetchView view{.trackers = trackers, .peers = {.connected = 1}};

  EXPECT_EQ(gave_up_text("too late", view), choked + "; http://t:80/announce: no answer");
  view.trackers[0].state = TrackerStatus::State::kWorking;
  view.trackers[0].answered = true;
  EXPECT_EQ(gave_up_text("too late", view),
            choked +
                "; http://t:80/announce warns: no answer; http://t:80/announce knows no other "
                "peer");
  view.trackers[0].state = TrackerStatus::State::kAsking;
  view.trackers[0].message.clear();
  EXPECT_EQ(gave_up_text("too late", view), choked + "; no answer yet from http://t:80/announce");

  FetchView const moving{
      .trackers = trackers, .peers = {.connected = 2, .giving = 2}, .block_came = true};
  EXPECT_EQ(gave_up_text("too late", moving), "gave up: too late; http://t:80/announce: no answer");
}

}  // namespace
}  // namespace btfast::cli
