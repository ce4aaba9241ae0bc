#include "engine/peers/tracker_probe.h"

#include <gtest/gtest.h>

#include "tests/support/fake_http_server.h"
#include "tests/support/fake_udp_tracker.h"

namespace btfast {
namespace {

using std::chrono::milliseconds;
using test::FakeHttpServer;

TEST(TrackerProbe, AnswersComeInTheTorrentsOrderAndAreToldAsTheyArrive) {
  FakeHttpServer black_hole{[](auto const&) { return test::http_hang(); }};
  test::FakeUdpTracker udp{[](test::Bytes const& in) { return test::honest_udp_answer(in); }};
  std::vector<std::string> heard;

  auto const answers = probe_trackers(
      {.tracker_tiers = {{black_hole.url("/announce")}, {udp.url()}}, .timeout = milliseconds{400}},
      [&](TrackerProbeAnswer const& answer) { heard.push_back(answer.url); });

  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), 2u);
  EXPECT_FALSE(answers->at(0).reply);
  EXPECT_EQ(answers->at(0).reply.error().code, Errc::kTimeout);
  EXPECT_TRUE(answers->at(1).reply);
  EXPECT_EQ(answers->at(1).tier, 1u);
  EXPECT_EQ(heard, (std::vector<std::string>{udp.url(), black_hole.url("/announce")}));
}

TEST(TrackerProbe, AUrlThatIsNotAskedIsAFailureBesideTheOthers) {
  FakeHttpServer good{[](auto const&) { return test::http_ok("de"); }};

  auto const answers =
      probe_trackers({.tracker_tiers = {{"file:///etc/passwd", good.url("/announce")}}});

  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->at(0).reply.error().code, Errc::kBadArgument);
  EXPECT_TRUE(answers->at(1).reply);
  EXPECT_EQ(good.request_count(), 2u);
}

TEST(TrackerProbe, NoTrackersIsNoAnswers) {
  auto const answers = probe_trackers({});

  ASSERT_TRUE(answers);
  EXPECT_TRUE(answers->empty());
}

}  // namespace
}  // namespace btfast
