#include "engine/base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace btfast {
namespace {

// Every event as a line; the process is without a sink before and after.
class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { set_log_sink({}, LogLevel::kOff); }

  void listen(LogLevel lowest) {
    set_log_sink(
        [this](LogLevel level, std::string_view event, std::span<LogField const> fields) {
          levels_.push_back(level);
          events_.emplace_back(event);
          fields_.assign(fields.begin(), fields.end());
        },
        lowest);
  }

  std::vector<LogLevel> levels_;
  std::vector<std::string> events_;
  std::vector<LogField> fields_;  // of the last event
};

TEST_F(LogTest, NothingIsEnabledWithoutASink) {
  set_log_sink({}, LogLevel::kTrace);

  EXPECT_FALSE(log_enabled(LogLevel::kError));
  log_event(LogLevel::kError, "lost", {});  // must not call the sink that is not there
}

TEST_F(LogTest, EventsBelowTheLowestLevelAreDropped) {
  listen(LogLevel::kInfo);

  log_event(LogLevel::kDebug, "detail", {});
  log_event(LogLevel::kInfo, "started", {});
  log_event(LogLevel::kError, "failed", {});

  EXPECT_EQ(events_, (std::vector<std::string>{"started", "failed"}));
  EXPECT_EQ(levels_, (std::vector<LogLevel>{LogLevel::kInfo, LogLevel::kError}));
}

TEST_F(LogTest, EnabledSaysWhatWouldBeHeard) {
  listen(LogLevel::kWarn);

  EXPECT_FALSE(log_enabled(LogLevel::kInfo));
  EXPECT_TRUE(log_enabled(LogLevel::kWarn));
  EXPECT_TRUE(log_enabled(LogLevel::kError));
}

TEST_F(LogTest, FieldsKeepTheirOrderKeysAndTypes) {
  listen(LogLevel::kTrace);

  log_event(LogLevel::kTrace, "piece",
            {{"index", 7u}, {"rate", 1.5}, {"from", "peer"}, {"file", std::string{"a.bin"}}});

  ASSERT_EQ(fields_.size(), 4u);
  EXPECT_EQ(fields_[0].key, "index");
  EXPECT_EQ(std::get<std::int64_t>(fields_[0].value), 7);
  EXPECT_EQ(fields_[1].key, "rate");
  EXPECT_EQ(std::get<double>(fields_[1].value), 1.5);
  EXPECT_EQ(std::get<std::string>(fields_[2].value), "peer");
  EXPECT_EQ(std::get<std::string>(fields_[3].value), "a.bin");
}

TEST_F(LogTest, TakingTheSinkAwaySilencesEverything) {
  listen(LogLevel::kTrace);
  set_log_sink({}, LogLevel::kOff);

  log_event(LogLevel::kError, "late", {});

  EXPECT_TRUE(events_.empty());
  EXPECT_FALSE(log_enabled(LogLevel::kError));
}

}  // namespace
}  // namespace btfast
