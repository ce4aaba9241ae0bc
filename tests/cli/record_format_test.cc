#include "cli/record_format.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace btfast::cli {
namespace {

constexpr std::int64_t kTime = 1'795'161'600;  // 2026-11-20T08:00:00Z

std::string logfmt(std::vector<LogField> const& fields) {
  return format_record(RecordFormat::kLogfmt, kTime, LogLevel::kInfo, "event", fields);
}
std::string json(std::vector<LogField> const& fields) {
  return format_record(RecordFormat::kJson, kTime, LogLevel::kWarn, "event", fields);
}

TEST(RecordFormat, ALineOfTimeLevelEventAndFields) {
  EXPECT_EQ(logfmt({}), "2026-11-20T08:00:00Z INFO event");
  EXPECT_EQ(logfmt({{"name", "x.iso"}, {"size", 3}, {"pct", 68.25}}),
            "2026-11-20T08:00:00Z INFO event name=x.iso size=3 pct=68.2");
}

TEST(RecordFormat, ValuesThatAreNotOneWordAreQuoted) {
  EXPECT_EQ(logfmt({{"a", "two words"}}), "2026-11-20T08:00:00Z INFO event a=\"two words\"");
  EXPECT_EQ(logfmt({{"a", ""}}), "2026-11-20T08:00:00Z INFO event a=\"\"");
  EXPECT_EQ(logfmt({{"a", "k=v"}}), "2026-11-20T08:00:00Z INFO event a=\"k=v\"");
  EXPECT_EQ(logfmt({{"a", "say \"x\""}}), "2026-11-20T08:00:00Z INFO event a=\"say \\\"x\\\"\"");
}

TEST(RecordFormat, NoNameFromAStrangerMakesALineOrAControlCharacter) {
  std::string const line = logfmt({{"name", "a\nb\x1b[31m\r\x7f"}});

  for (char const c : line) EXPECT_TRUE(c >= ' ' && c != '\x7f') << static_cast<int>(c);
}

TEST(RecordFormat, JsonIsOneObjectOnOneLine) {
  std::string const line = json({{"name", "a\nb"}, {"size", 3}, {"pct", 0.5}});

  EXPECT_EQ(line.find('\n'), std::string::npos);
  auto const read = nlohmann::json::parse(line);
  EXPECT_EQ(read["time"], "2026-11-20T08:00:00Z");
  EXPECT_EQ(read["level"], "WARN");
  EXPECT_EQ(read["event"], "event");
  EXPECT_EQ(read["name"], "a\nb");
  EXPECT_EQ(read["size"], 3);
  EXPECT_EQ(read["pct"], 0.5);
}

TEST(RecordFormat, NoFieldTakesThePlaceOfTheRecordsOwnOrOfAnother) {
  auto const read = nlohmann::json::parse(
      json({{"event", "started"}, {"time", 5}, {"level", "\xff"}, {"a", 1}, {"a", 2}, {"a", 3}}));

  EXPECT_EQ(read["event"], "event");
  EXPECT_EQ(read["event_"], "started");
  EXPECT_EQ(read["time"], "2026-11-20T08:00:00Z");
  EXPECT_EQ(read["time_"], 5);
  EXPECT_EQ(read["level"], "WARN");
  EXPECT_EQ(read["level__encoded"], "%FF");
  EXPECT_EQ(read["a"], 1);
  EXPECT_EQ(read["a_"], 2);
  EXPECT_EQ(read["a__"], 3);
}

TEST(RecordFormat, WhatIsNotKnownIsADashAndNull) {
  std::optional<std::int64_t> nothing;
  std::optional<std::int64_t> const something{4};

  EXPECT_EQ(logfmt({{"eta_s", nothing}, {"a", something}, {"b", "-"}}),
            "2026-11-20T08:00:00Z INFO event eta_s=- a=4 b=\"-\"");
  auto const read = nlohmann::json::parse(json({{"eta_s", nothing}, {"a", something}}));
  EXPECT_TRUE(read["eta_s"].is_null());
  EXPECT_EQ(read["a"], 4);
}

// A right-to-left override, and the C1 control that begins an escape sequence.
TEST(RecordFormat, JsonSendsATerminalNothingButAscii) {
  std::string const hostile =
      "a\xe2\x80\xae\xc2\x9b"
      "b";
  std::string const line = json({{"name", hostile}});
  EXPECT_EQ(line.find_first_of("\x80\x9b\xae\xc2\xe2"), std::string::npos) << line;
  EXPECT_EQ(nlohmann::json::parse(line)["name"], hostile);
}

TEST(RecordFormat, JsonStaysJsonWhateverTheBytes) {
  auto const read = nlohmann::json::parse(json({{"name", "a\xff\xfe"}}));
  EXPECT_TRUE(read["name"].get<std::string>().starts_with("a"));
}

}  // namespace
}  // namespace btfast::cli
