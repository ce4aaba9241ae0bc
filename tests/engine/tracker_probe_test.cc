#include "engine/peers/tracker_probe.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/support/fake_http_server.h"
#include "tests/support/fake_udp_tracker.h"
#include "tests/support/loop_fixture.h"

namespace btfast {
namespace {

using std::chrono::milliseconds;
using test::FakeHttpServer;

class TrackerProbe : public test::LoopFixture {};

TEST_F(TrackerProbe, AnswersComeInTheTorrentsOrderAndAreToldAsTheyArrive) {
  FakeHttpServer black_hole{[](auto const&) { return test::http_hang(); }};
  test::FakeUdpTracker udp{[](test::Bytes const& in) { return test::honest_udp_answer(in); }};
  std::vector<std::string> heard;

  auto const answers = probe_trackers(
      loop_,
      {.tracker_tiers = {{black_hole.url("/announce")}, {udp.url()}}, .timeout = milliseconds{400}},
      [&](TrackerProbeAnswer const& answer) { heard.push_back(answer.url); });

  ASSERT_EQ(answers.size(), 2u);
  EXPECT_FALSE(answers.at(0).reply);
  EXPECT_EQ(answers.at(0).reply.error().code, Errc::kTimeout);
  EXPECT_TRUE(answers.at(1).reply);
  EXPECT_EQ(answers.at(1).tier, 1u);
  EXPECT_EQ(heard, (std::vector<std::string>{udp.url(), black_hole.url("/announce")}));
}

TEST_F(TrackerProbe, AUrlThatIsNotAskedIsAFailureBesideTheOthers) {
  FakeHttpServer good{[](auto const&) { return test::http_ok("de"); }};

  auto const answers =
      probe_trackers(loop_, {.tracker_tiers = {{"file:///etc/passwd", good.url("/announce")}}});

  EXPECT_EQ(answers.at(0).reply.error().code, Errc::kBadArgument);
  EXPECT_TRUE(answers.at(1).reply);
  EXPECT_EQ(good.request_count(), 2u);
}

TEST_F(TrackerProbe, NoTrackersIsNoAnswers) {
  auto const answers = probe_trackers(loop_, {});

  EXPECT_TRUE(answers.empty());
}

TEST_F(TrackerProbe, ToldToStopItWaitsForNobodyAndTakesLeave) {
  FakeHttpServer good{[](auto const&) { return test::http_ok("de"); }};
  FakeHttpServer black_hole{[](auto const&) { return test::http_hang(); }};
  std::stop_source stop;

  auto const answers = probe_trackers(
      loop_,
      {.tracker_tiers = {{good.url("/announce")}, {black_hole.url("/announce")}},
       .timeout = std::chrono::hours{1}},
      [&](TrackerProbeAnswer const&) { stop.request_stop(); }, stop.get_token());

  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers.at(0).reply);
  EXPECT_EQ(answers.at(1).reply.error().code, Errc::kCancelled);
  ASSERT_EQ(good.request_count(), 2u);
  EXPECT_NE(good.requests().at(1).find("event=stopped"), std::string::npos);
}

TEST_F(TrackerProbe, ToldToStopBeforeItBeganItEndsAtOnce) {
  FakeHttpServer black_hole{[](auto const&) { return test::http_hang(); }};
  std::stop_source stop;
  stop.request_stop();

  auto const answers = probe_trackers(
      loop_, {.tracker_tiers = {{black_hole.url("/announce")}}, .timeout = std::chrono::hours{1}},
      {}, stop.get_token());

  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers.at(0).reply.error().code, Errc::kCancelled);
}

}  // namespace
}  // namespace btfast
