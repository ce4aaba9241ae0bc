#include "cli/tracker_words.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace btfast::cli {
namespace {

using State = TrackerStatus::State;

TrackerStatus tracker(State state, std::string message = {}, bool answered = false) {
  TrackerStatus status;
  status.url = "http://t:80/announce";
  status.state = state;
  status.message = std::move(message);
  status.answered = answered;
  return status;
}

TEST(TrackerNotice, SaysWhyThereAreNoPeers) {
  EXPECT_EQ(tracker_notice({tracker(State::kFailed, "who are you?", true)}, {}),
            "http://t:80/announce: who are you?");
  EXPECT_EQ(tracker_notice({tracker(State::kAsking)}, {}),
            "no answer yet from http://t:80/announce");
  EXPECT_EQ(tracker_notice({tracker(State::kAsking)}, {.answer_due = false}), "");
  EXPECT_EQ(tracker_notice({tracker(State::kUnusable, "no port")}, {}),
            "http://t:80/announce: no port");
  EXPECT_EQ(tracker_notice({tracker(State::kWorking)}, {}),
            "http://t:80/announce knows no other peer");
  EXPECT_EQ(tracker_notice({}, {}), "");
}

TEST(TrackerNotice, SaysNothingWhereAllIsWell) {
  auto working = tracker(State::kWorking, {}, true);
  EXPECT_EQ(tracker_notice({working, tracker(State::kFailed, "x")}, {.has_peers = true}), "");
  working.peers = 3;
  EXPECT_EQ(tracker_notice({working}, {}), "");
}

TEST(TrackerNotice, AWarningIsShownWhoeverIsThere) {
  auto const warning = tracker(State::kWorking, "your ratio is low", true);

  for (bool const has_peers : {false, true}) {
    EXPECT_EQ(tracker_notice({warning}, {.has_peers = has_peers}),
              "http://t:80/announce warns: your ratio is low");
  }
}

TEST(TrackerNotice, WhatWeSayOfAReplyIsNotTheTrackersWord) {
  auto odd = tracker(State::kWorking, "\"peers\" is cut", true);
  odd.its_words = false;

  EXPECT_EQ(tracker_notice({odd}, {}), "http://t:80/announce sent an odd reply: \"peers\" is cut");
}

TEST(TrackerNotice, NamesTheOneThatAnswered) {
  EXPECT_EQ(tracker_notice(
                {tracker(State::kFailed, "Connection refused"),
                 tracker(State::kFailed, "banned", true), tracker(State::kFailed, "no answer")},
                {}),
            "http://t:80/announce: banned");
}

TEST(TrackersText, NamesEachThatAnsweredWithItsWordsOnce) {
  auto warning = tracker(State::kWorking, "your ratio is low", true);
  warning.peers = 2;
  TrackerStatuses trackers{warning, tracker(State::kFailed, "Connection refused"),
                           tracker(State::kFailed, "banned", true), tracker(State::kAsking),
                           tracker(State::kFailed, "banned", true)};

  EXPECT_EQ(trackers_text(trackers, true),
            "http://t:80/announce warns: your ratio is low; http://t:80/announce: banned (and 2 "
            "more)");
  for (auto const* const words : {"x", "y", "z"}) {
    trackers.push_back(tracker(State::kFailed, words, true));
  }
  EXPECT_EQ(trackers_text(trackers, true),
            "http://t:80/announce warns: your ratio is low; http://t:80/announce: banned; "
            "http://t:80/announce: x (and 4 more)");
}

TEST(TrackersText, ARefusalIsToldBesideAnotherThatKnowsNobody) {
  EXPECT_EQ(
      trackers_text({tracker(State::kFailed, "banned", true), tracker(State::kWorking)}, true),
      "http://t:80/announce: banned; http://t:80/announce knows no other peer");
}

TEST(TrackersText, WithoutWordsItIsWhoFailedOrIsWaitedFor) {
  EXPECT_EQ(
      trackers_text({tracker(State::kFailed, "timed out"), tracker(State::kUnusable, "no")}, true),
      "http://t:80/announce: timed out (and 1 more)");
  EXPECT_EQ(trackers_text({tracker(State::kAsking)}, true),
            "no answer yet from http://t:80/announce");
  EXPECT_EQ(trackers_text({tracker(State::kAsking)}, false), "");
  EXPECT_EQ(trackers_text({}, true), "");
}

TEST(AllTrackersFailed, IsUntrueWhileOneMayStillAnswer) {
  EXPECT_TRUE(all_trackers_failed({tracker(State::kFailed), tracker(State::kUnusable)}));
  EXPECT_TRUE(all_trackers_failed({}));
  for (auto const state : {State::kNotAsked, State::kAsking, State::kWorking}) {
    EXPECT_FALSE(all_trackers_failed({tracker(State::kFailed), tracker(state)}));
  }
}

TEST(NobodyReached, IsSaidOnlyOfTrackersThatDidNotAnswer) {
  EXPECT_EQ(nobody_reached({tracker(State::kFailed, "Connection refused")}),
            "no tracker and no peer could be reached: http://t:80/announce: Connection refused");
  EXPECT_EQ(nobody_reached({tracker(State::kFailed, "Connection refused"),
                            tracker(State::kFailed, "passkey not found", true)}),
            "no peers: http://t:80/announce: passkey not found (and 1 more)");
  EXPECT_EQ(nobody_reached({tracker(State::kUnusable, "no port")}),
            "no peer could be reached, and no tracker may be asked: http://t:80/announce: no port");
  EXPECT_EQ(nobody_reached({}),
            "no peer could be reached, and the torrent names no tracker that can be asked");
}

TEST(NobodyReached, SaysWhatBecameOfThePeers) {
  auto const peer = net::Endpoint::ipv4({10, 0, 0, 1}, 9);
  PeerScene const refused{.ends = {{.kind = {net::CloseReason::kConnectFailed},
                                    .peers = 1,
                                    .example = peer,
                                    .detail = "Connection refused"}}};
  PeerScene const other{
      .ends = {{.kind = {net::CloseReason::kWrongTorrent}, .peers = 1, .example = peer}}};
  std::string const unreached =
      "; the only peer known could not be reached (10.0.0.1:9: Connection refused)";
  std::string const wrong = "; the only peer known has another torrent (10.0.0.1:9)";
  TrackerStatuses const failed{tracker(State::kFailed, "no answer")};
  TrackerStatuses const refusing{tracker(State::kFailed, "banned", true)};

  EXPECT_EQ(
      nobody_reached({}, refused),
      "no peer could be reached, and the torrent names no tracker that can be asked" + unreached);
  EXPECT_EQ(nobody_reached({}, other),
            "no peer was of use, and the torrent names no tracker that can be asked" + wrong);
  EXPECT_EQ(nobody_reached(failed, refused),
            "no tracker and no peer could be reached: http://t:80/announce: no answer" + unreached);
  EXPECT_EQ(nobody_reached(failed, other),
            "no peer was of use, and no tracker could be reached: http://t:80/announce: no answer" +
                wrong);
  EXPECT_EQ(nobody_reached(refusing, refused),
            "no peer could be reached: http://t:80/announce: banned" + unreached);
}

TEST(TrackerWarnings, AreAllThatWasSaid) {
  EXPECT_EQ(tracker_warnings({tracker(State::kWorking), tracker(State::kFailed, "no")}),
            std::vector<std::string>{"http://t:80/announce: no"});
}

TEST(TrackersJson, HasAnObjectForEach) {
  auto full = tracker(State::kWorking, "hm", true);
  full.tier = 1;
  full.seeders = 4;
  full.peers = 7;

  auto const json = trackers_json({full});

  EXPECT_EQ(json, nlohmann::ordered_json::parse(R"([{"url":"http://t:80/announce","tier":2,
      "state":"working","message":"hm","seeders":4,"leechers":null,"peers":7}])"));
}

}  // namespace
}  // namespace btfast::cli
