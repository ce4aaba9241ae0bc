#include "engine/peers/tracker_status.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "engine/base/log.h"

namespace btfast {
namespace {

using net::AnnounceEvent;

class TrackerNewsTest : public testing::Test {
 protected:
  TrackerNewsTest() {
    status_.url = "http://t.example:80/announce";
    set_log_sink(
        [this](LogLevel level, std::string_view event, std::span<LogField const> fields) {
          if (level >= LogLevel::kWarn) told_.emplace_back(event);
          for (auto const& field : fields) keys_.emplace(field.key);
        },
        LogLevel::kTrace);
  }
  ~TrackerNewsTest() override { set_log_sink({}, LogLevel::kOff); }

  void fail(Failure const& failure) { news_.on_failure(status_, AnnounceEvent::kStarted, failure); }
  void warn(std::string const& words) {
    net::AnnounceReply reply;
    reply.warning = words;
    news_.on_reply(status_, AnnounceEvent::kNone, reply);
  }

  TrackerStatus status_;
  TrackerNews news_;
  std::vector<std::string> told_;
  std::set<std::string> keys_;  // of all fields
};

// A record has an event of its own.
TEST_F(TrackerNewsTest, WhichAnnounceItWasStandsBesideTheEvent) {
  warn("");
  fail({Errc::kRefused, "no"});

  EXPECT_EQ(keys_.count("announce"), 1u);
  EXPECT_EQ(keys_.count("event"), 0u);
}

TEST_F(TrackerNewsTest, AFailureIsToldOnceForEachReason) {
  for (int i = 0; i < 5; ++i) {
    fail({Errc::kTimeout, "no answer"});
    fail({Errc::kRefused, "passkey not found"});
  }

  EXPECT_EQ(told_, (std::vector<std::string>{"tracker_failed", "tracker_failed"}));
}

TEST_F(TrackerNewsTest, AWarningIsToldOnceForEachOfItsWords) {
  for (int i = 0; i < 5; ++i) warn("your ratio is low");
  warn("goodbye");
  warn("");

  EXPECT_EQ(told_, (std::vector<std::string>{"tracker_warning", "tracker_warning"}));
  EXPECT_EQ(status_.message, "");
}

TEST_F(TrackerNewsTest, AReplyThatCouldNotBeReadWholeIsToldOnceAndBesideItsWarning) {
  net::AnnounceReply reply;
  reply.fault = "\"peers\" is cut";
  for (int i = 0; i < 5; ++i) news_.on_reply(status_, AnnounceEvent::kNone, reply);

  EXPECT_EQ(told_, std::vector<std::string>{"tracker_odd_reply"});
  EXPECT_EQ(status_.message, "\"peers\" is cut");
  EXPECT_FALSE(status_.its_words);

  reply.warning = "slow down";
  news_.on_reply(status_, AnnounceEvent::kNone, reply);

  EXPECT_EQ(status_.message, "slow down; and an odd reply: \"peers\" is cut");
  EXPECT_TRUE(status_.its_words);
  EXPECT_EQ(told_, (std::vector<std::string>{"tracker_odd_reply", "tracker_warning"}));
}

TEST_F(TrackerNewsTest, OfAReplyToAFarewellNoFaultIsTold) {
  net::AnnounceReply reply;
  reply.fault = "an empty dictionary";
  news_.on_reply(status_, AnnounceEvent::kStopped, reply);

  EXPECT_EQ(status_.message, "");
  EXPECT_TRUE(told_.empty());
}

TEST_F(TrackerNewsTest, ATrackerThatAlwaysSaysSomethingElseIsToldNoLonger) {
  for (int i = 0; i < 1'000; ++i) fail({Errc::kRefused, std::to_string(i)});

  EXPECT_EQ(told_.size(), TrackerNews::kTold);
  EXPECT_EQ(status_.message, "999");
}

TEST_F(TrackerNewsTest, WhoeverAnswersWasReached) {
  fail({Errc::kTimeout, "no answer"});
  fail({Errc::kConnectRefused, 111, "t.example:80"});
  EXPECT_FALSE(status_.answered);

  fail({Errc::kBadReply, "HTTP status 403"});
  EXPECT_TRUE(status_.answered);
  fail({Errc::kTimeout, "no answer"});

  EXPECT_TRUE(status_.answered);
  EXPECT_EQ(status_.state, TrackerStatus::State::kFailed);
}

TEST_F(TrackerNewsTest, TheReasonDoesNotNameTheHostOnceMore) {
  fail({Errc::kConnectRefused, 111, "t.example:80"});
  EXPECT_EQ(status_.message, "Connection refused");
  fail({Errc::kTimeout, "t.example:80: no answer"});
  EXPECT_EQ(status_.message, "no answer");

  fail({Errc::kRefused, "t.example: is closed"});
  EXPECT_EQ(status_.message, "t.example: is closed");
}

TEST_F(TrackerNewsTest, AUrlThatIsNotAskedIsTold) {
  news_.on_unusable(status_, {Errc::kBadArgument, "no port"});

  EXPECT_EQ(told_, std::vector<std::string>{"tracker_not_asked"});
  EXPECT_EQ(status_.state, TrackerStatus::State::kUnusable);
  EXPECT_EQ(status_.message, "no port");
  EXPECT_FALSE(status_.answered);
}

}  // namespace
}  // namespace btfast
