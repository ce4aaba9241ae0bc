#include "cli/panel_layout.h"

#include <gtest/gtest.h>

#include <string>

#include "cli/columns.h"

namespace btfast::cli {
namespace {

using namespace std::chrono_literals;

std::vector<Field> three() {
  return {{.forms = {"rate 12"}, .rank = 0},
          {.forms = {"4 long peers", "4 peers"}, .rank = 2},
          {.forms = {"limit"}, .rank = 1}};
}

TEST(RowOf, AFieldBecomesShorterOrLeavesWhole) {
  EXPECT_EQ(row_of(three(), 40), "rate 12   4 long peers   limit");
  EXPECT_EQ(row_of(three(), 29), "rate 12   4 peers   limit");
  EXPECT_EQ(row_of(three(), 24), "rate 12   limit");
  EXPECT_EQ(row_of(three(), 14), "rate 12");
  EXPECT_EQ(row_of(three(), 6), "");
  EXPECT_EQ(indented_row(three(), 25), " rate 12   limit");
  EXPECT_EQ(indented_row(three(), 7), "");
}

TEST(RowOf, FieldsArePaddedButTheLast) {
  EXPECT_EQ(row_of({{.forms = {"日"}, .columns = 5}, {.forms = {"b"}, .columns = 9}}, 20, 1),
            "日    b");
}

TEST(TitleRow, TheClockStandsAtTheRightEdge) {
  EXPECT_EQ(title_row("big.bin", {"200 MiB", "800 x 256 KiB"}, "00:06", 42),
            "big.bin   200 MiB · 800 x 256 KiB    00:06");
}

TEST(TitleRow, DetailsLeaveFromTheEndOnceTheNameIsShort) {
  EXPECT_EQ(title_row("big.bin", {"200 MiB", "800 x 256 KiB"}, "00:06", 40),
            "big.bin   200 MiB                  00:06");
  EXPECT_EQ(title_row("A.name.of.more.words.mkv", {"200 MiB", "800 x 256 KiB"}, "00:06", 52),
            "A.name.of.mor….mkv   200 MiB · 800 x 256 KiB   00:06");
}

TEST(BarRow, TakesWhatTheFieldsLeave) {
  EXPECT_EQ(bar_row(50, {{.forms = {"50.0 %"}}}, 16, false), " 50.0 %");
  std::vector<Field> const two{{.forms = {"50.0 %"}}, {.forms = {"ETA 0:10"}, .rank = 1}};
  EXPECT_EQ(bar_row(50, two, 30, false), " █████░░░░░  50.0 %   ETA 0:10");
  EXPECT_EQ(bar_row(50, two, 20, false), " 50.0 %   ETA 0:10");
}

TEST(Bar, IsDrawnInEighths) {
  EXPECT_EQ(bar(0, 4, false), "░░░░");
  EXPECT_EQ(bar(100, 4, false), "████");
  EXPECT_EQ(bar(40.625, 4, false), "█▋░░");
  EXPECT_EQ(bar(250, 2, false), "██");
  EXPECT_EQ(bar(50, 2, true), "\x1b[32m█\x1b[0m\x1b[2m░\x1b[0m");
}

TEST(Sparkline, IsScaledToItsHighest) {
  EXPECT_EQ(sparkline({0, 0, 0, 0, 0, 0, 0, 0}), "        ");
  EXPECT_EQ(sparkline({7, 0, 3.6, 0.5, 1.5, 0, 0, 6.9}), "▇ ▃ ▁  ▆");
}

TEST(RateText, IsAlwaysAsWide) {
  EXPECT_EQ(rate_text(0), "    0.0 MiB/s");
  EXPECT_EQ(rate_text(3 * 1024.0), "    3.0 KiB/s");
  EXPECT_EQ(rate_text(462.1 * 1024 * 1024), "  462.1 MiB/s");
}

TEST(EtaText, IsADashWhereItIsNotKnown) {
  EXPECT_EQ(eta_text(std::nullopt), "-:--");
  EXPECT_EQ(eta_text(33s), "0:33");
  EXPECT_EQ(eta_text(3723s), "1:02:03");
  EXPECT_EQ(eta_text(100h), "4 days");
}

}  // namespace
}  // namespace btfast::cli
