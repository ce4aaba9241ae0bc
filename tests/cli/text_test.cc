#include "cli/text.h"

#include <gtest/gtest.h>

namespace btfast::cli {
namespace {

using namespace std::chrono_literals;

TEST(HumanSize, UsesPowersOfTwoWithTwoDigits) {
  EXPECT_EQ(human_size(195'137'002), "186.10 MiB");
  EXPECT_EQ(human_size(441'396'773), "420.95 MiB");
  EXPECT_EQ(human_size(0), "0 bytes");
  EXPECT_EQ(human_size(1), "1 byte");
  EXPECT_EQ(human_size(1023), "1023 bytes");
  EXPECT_EQ(human_size(1024), "1.00 KiB");
  EXPECT_EQ(human_size(1'048'575), "1.00 MiB");
  EXPECT_EQ(human_size(UINT64_MAX), "16.00 EiB");
}

TEST(BriefSize, HasThreeDigitsAndNoZerosBehindThePoint) {
  EXPECT_EQ(brief_size(17), "17 bytes");
  EXPECT_EQ(brief_size(262'144), "256 KiB");
  EXPECT_EQ(brief_size(209'715'200), "200 MiB");
  EXPECT_EQ(brief_size(1'567'621'120), "1.46 GiB");
  EXPECT_EQ(brief_size(1536), "1.5 KiB");
  EXPECT_EQ(brief_size(41'430'703), "39.5 MiB");
  EXPECT_EQ(brief_size(1'048'575), "1 MiB");
  EXPECT_EQ(brief_size(1'000ull << 20), "1000 MiB");
  EXPECT_EQ(brief_size(UINT64_MAX), "16 EiB");
}

TEST(BriefRate, IsASizeASecond) {
  EXPECT_EQ(brief_rate(55.0 * 1024 * 1024), "55 MiB/s");
  EXPECT_EQ(brief_rate(0), "0 bytes/s");
  EXPECT_EQ(brief_rate(-1), "0 bytes/s");
}

TEST(Counted, SaysOneOfOne) {
  EXPECT_EQ(counted(0, "peer", "peers"), "0 peers");
  EXPECT_EQ(counted(1, "peer", "peers"), "1 peer");
  EXPECT_EQ(counted(2, "peer", "peers"), "2 peers");
}

TEST(HumanRate, IsASizeASecond) {
  EXPECT_EQ(human_rate(1024.0 * 1024), "1.00 MiB/s");
  EXPECT_EQ(human_rate(0), "0 bytes/s");
  EXPECT_EQ(human_rate(-1), "0 bytes/s");
}

TEST(HumanDuration, GrowsHoursAndDaysOnlyWhenNeeded) {
  EXPECT_EQ(human_duration(8s), "00:08");
  EXPECT_EQ(human_duration(3723s), "1:02:03");
  EXPECT_EQ(human_duration(183'845s), "2d 03:04");
}

TEST(IsoTime, IsUtc) {
  EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso_time(1'795'161'600), "2026-11-20T08:00:00Z");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(iso_time(253'402'300'799), "9999-12-31T23:59:59Z");
  EXPECT_EQ(iso_time(INT64_MAX), "@9223372036854775807");
  EXPECT_EQ(iso_time(INT64_MIN), "@-9223372036854775808");
}

TEST(ParseSize, KnowsPowersOfTwoAndOfTen) {
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("16KiB"), 16'384u);
  EXPECT_EQ(parse_size("16 kib"), 16'384u);
  EXPECT_EQ(parse_size("16KB"), 16'000u);
  EXPECT_EQ(parse_size("1.5G"), 1'610'612'736u);
  EXPECT_EQ(parse_size("2TB"), 2'000'000'000'000u);
  EXPECT_EQ(parse_size("0"), 0u);
}

TEST(ParseSize, RefusesWhatIsNotASize) {
  for (std::string_view const text :
       {"", "x", "-1", "1XB", "1.2.3", "KiB", "nan", "1e5", "99999PB", "+1", "0x10", "1 2"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(ParseDuration, KnowsItsUnits) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("30"), 30s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("1d"), 24h);
  EXPECT_FALSE(parse_duration("5 minutes"));
  EXPECT_FALSE(parse_duration(""));
  EXPECT_FALSE(parse_duration("99999999d"));
}

TEST(ParseRate, KnowsBytesAndBits) {
  EXPECT_EQ(parse_rate("80MiB"), 80u << 20);
  EXPECT_EQ(parse_rate("80MiB/s"), 80u << 20);
  EXPECT_EQ(parse_rate("800Mbit"), 100'000'000u);
  EXPECT_EQ(parse_rate("1Gbit/s"), 125'000'000u);
  EXPECT_EQ(parse_rate("0"), 0u);
  EXPECT_FALSE(parse_rate("fast"));
}

}  // namespace
}  // namespace btfast::cli
