#include "cli/panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "cli/columns.h"
#include "tests/support/file_text.h"

namespace btfast::cli {
namespace {

using namespace std::chrono_literals;
using test::lines_of;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::uint64_t kMiB = 1024 * 1024;

// The example of the command's contract, as far as figures make it up.
TransferFigures halfway() {
  TransferFigures figures;
  TorrentStats stats;
  stats.size = 5860 * kMiB;
  stats.peers = 12;
  stats.seeds = 4;
  stats.unchoking_us = 12;
  stats.requests_open = 3072;
  stats.rtt_us = 1900;
  stats.workers = 8;
  stats.workers_busy = 3;
  stats.workers_writing = 1;
  stats.budget_bytes = 256 * kMiB;
  stats.pieces_queued = 14;
  stats.bytes_writing = 31 * kMiB + kMiB / 4;
  stats.piece_count = 23440;
  figures.sample(stats, TimePoint{1h});
  stats.bytes_have = 4004 * kMiB;
  stats.pieces_have = 16016;
  stats.payload_down = 462 * kMiB;
  stats.bytes_hashed = 461 * kMiB;
  stats.bytes_written = 455 * kMiB;
  stats.payload_up = kMiB;
  stats.wasted = kMiB / 10;
  figures.sample(stats, TimePoint{1h + 1s});
  return figures;
}

PanelContext context(int width) {
  return {.name = "ubuntu.iso",
          .details = {"5.72 GiB", "23440 x 256 KiB", "3c315a7c", "8 jobs"},
          .width = width,
          .elapsed = 8s};
}

int column_of(std::string const& line, std::string const& text) {
  return columns_of(line.substr(0, line.find(text)));
}

TEST(Panel, ShowsTheThreeStagesAndWhatLimits) {
  auto const lines = lines_of(render_panel(halfway(), context(80)));

  ASSERT_THAT(lines, SizeIs(6));
  EXPECT_THAT(lines[0], StartsWith("ubuntu.iso   5.72 GiB · 23440 x 256 KiB · 3c315a7c · 8 jobs "));
  EXPECT_THAT(lines[0], EndsWith(" 00:08"));
  EXPECT_EQ(columns_of(lines[0]), 80);
  EXPECT_THAT(lines[1], HasSubstr("░   68.3 %     3.91 GiB of 5.72 GiB   ETA 0:05"));
  EXPECT_EQ(lines[2],
            " net    462.0 MiB/s        ▇   12 peers (4 seeds)     3072 requests, RTT 1.9 ms");
  EXPECT_EQ(lines[3],
            " hash   461.0 MiB/s        ▇   queue    14 pieces     2.0 of 8 threads busy");
  EXPECT_EQ(lines[4],
            " disk   455.0 MiB/s        ▇   queue  31.2 MiB        1.0 of 8 threads busy");
  EXPECT_EQ(lines[5], " up       1.0 MiB/s            bad 0   dup 0.02 %     limit: network");
}

TEST(Panel, RowsLineUp) {
  for (int const width : {60, 70, 80, 120}) {
    auto const lines = lines_of(render_panel(halfway(), context(width)));
    ASSERT_THAT(lines, SizeIs(6));
    EXPECT_EQ(column_of(lines[2], "12 peers"), column_of(lines[3], "queue")) << width;
    EXPECT_EQ(column_of(lines[3], "queue"), column_of(lines[4], "queue")) << width;
    EXPECT_EQ(column_of(lines[3], "queue"), column_of(lines[5], "bad 0")) << width;
    EXPECT_EQ(column_of(lines[3], "2.0 of 8"), column_of(lines[4], "1.0 of 8")) << width;
    EXPECT_EQ(column_of(lines[3], "2.0 of 8"), column_of(lines[5], "limit:")) << width;
  }
}

TEST(Panel, OneIsOne) {
  TransferFigures figures;
  TorrentStats stats;
  stats.size = kMiB;
  stats.peers = stats.seeds = stats.unchoking_us = stats.requests_open = 1;
  stats.pieces_queued = 1;
  stats.workers = 1;
  figures.sample(stats, TimePoint{1h});

  std::string const panel = render_panel(figures, context(80));

  EXPECT_THAT(panel, HasSubstr(" 1 peer (1 seed) "));
  EXPECT_THAT(panel, HasSubstr(" 1 request"));
  EXPECT_THAT(panel, HasSubstr(" 1 piece "));
  EXPECT_THAT(panel, HasSubstr("0.0 of 1 thread busy"));
}

// Fewer figures, and each of them whole.
TEST(Panel, SixtyColumnsHaveNoHistory) {
  auto const lines = lines_of(render_panel(halfway(), context(60)));

  ASSERT_THAT(lines, SizeIs(6));
  EXPECT_THAT(lines[0], StartsWith("ubuntu.iso   5.72 GiB · 23440 x 256 KiB · 3c315a7c "));
  EXPECT_THAT(lines[1], HasSubstr("68.3 %     3.91 GiB of 5.72 GiB   ETA 0:05"));
  EXPECT_EQ(lines[2], " net    462.0 MiB/s   12 peers (4 seeds)     RTT 1.9 ms");
  EXPECT_EQ(lines[3], " hash   461.0 MiB/s   queue    14 pieces     2.0 of 8 busy");
  EXPECT_EQ(lines[5], " up       1.0 MiB/s   bad 0   dup 0.02 %     limit: network");
}

TEST(Panel, FortyColumnsHaveRatesPeersAndTheLimit) {
  auto const lines = lines_of(render_panel(halfway(), context(40)));

  ASSERT_THAT(lines, SizeIs(6));
  EXPECT_EQ(lines[0], "ubuntu.iso   5.72 GiB              00:08");
  EXPECT_THAT(lines[1], EndsWith("  68.3 %   ETA 0:05"));
  EXPECT_EQ(lines[2], " net    462.0 MiB/s   12 peers (4 seeds)");
  EXPECT_EQ(lines[3], " hash   461.0 MiB/s   2.0 of 8 busy");
  EXPECT_EQ(lines[4], " disk   455.0 MiB/s   1.0 of 8 busy");
  EXPECT_EQ(lines[5], " up       1.0 MiB/s   limit: network");
}

TEST(Panel, TwentyColumnsHaveAFigureARow) {
  auto const lines = lines_of(render_panel(halfway(), context(20)));

  EXPECT_THAT(lines, testing::ElementsAre("ubuntu.iso     00:08", "  68.3 %   ETA 0:05",
                                          " net   462.0 MiB/s", " up      1.0 MiB/s", " 12 peers",
                                          " limit: network"));
}

TEST(Panel, IsNeverWiderThanTheTerminal) {
  PanelContext narrow = context(0);
  narrow.name = "日本語の映画とても長い名前のファイルです第一話高画質版完全収録特別編集版.mkv";
  narrow.notice = "tracker: " + std::string(300, 'x');
  for (narrow.width = 1; narrow.width <= 130; ++narrow.width) {
    for (narrow.colour = false;; narrow.colour = true) {
      std::string const all = render_panel(halfway(), narrow) + render_line(halfway(), narrow) +
                              render_ended(halfway(), narrow);
      for (auto const& line : lines_of(all)) EXPECT_LE(columns_of(line), narrow.width) << line;
      if (narrow.colour) break;
    }
  }
}

TEST(Panel, RowsBelowTheTitleBeginAlike) {
  for (int width = 1; width <= 130; ++width) {
    for (auto const& panel :
         {render_panel(halfway(), context(width)), render_ended(halfway(), context(width))}) {
      auto const lines = lines_of(panel);
      for (std::size_t row = 1; row < lines.size(); ++row) {
        EXPECT_TRUE(lines[row].empty() || lines[row].starts_with(" ")) << width << lines[row];
      }
    }
  }
}

TEST(Panel, NoWidthCutsANumber) {
  for (int width = 1; width <= 130; ++width) {
    std::string const panel =
        render_panel(halfway(), context(width)) + render_line(halfway(), context(width));
    EXPECT_EQ(panel.find("ETA") == std::string::npos, panel.find("ETA 0:05") == std::string::npos);
    std::size_t units = 0;
    for (std::size_t at = 0; (at = panel.find(" Mi", at)) != std::string::npos; ++at, ++units) {
      EXPECT_TRUE(panel.compare(at, 6, " MiB/s") == 0 || panel.compare(at, 4, " MiB") == 0);
    }
    EXPECT_TRUE(width < 18 || units > 0) << width;
  }
}

TEST(Panel, TheNameIsWhatIsShortened) {
  PanelContext named = context(80);
  named.name = "Some.Very.Long.Release.Name.With.Many.Words.And.More.Of.Them.2024.2160p.mkv";
  std::string const title = lines_of(render_panel(halfway(), named))[0];

  EXPECT_THAT(title, HasSubstr("….mkv   5.72 GiB · 23440 x 256 KiB · 3c315a7c · 8 jobs   00:08"));
  EXPECT_EQ(columns_of(title), 80);
}

TEST(Panel, HoursAreShownWhereThereAreAny) {
  PanelContext late = context(100);
  late.elapsed = 3 * 3600s + 62s;
  EXPECT_THAT(render_panel(halfway(), late), HasSubstr("3:01:02"));
}

TEST(Panel, BeforeAnythingMovedThereIsNoTimeLeft) {
  EXPECT_THAT(render_panel(TransferFigures{}, context(100)), HasSubstr("ETA -:--"));
  EXPECT_THAT(render_panel(TransferFigures{}, context(100)), HasSubstr("limit: no peers"));
}

TEST(Panel, ANoticeIsALineMoreAndShortened) {
  PanelContext noticed = context(40);
  noticed.notice = "tracker http://t.example/announce: connection refused";
  auto const lines = lines_of(render_panel(halfway(), noticed));

  ASSERT_THAT(lines, SizeIs(7));
  EXPECT_EQ(lines[6], " tracker http://t.example/announce: con…");
}

TEST(Panel, HasColoursOnlyWhereTheyAreWanted) {
  PanelContext coloured = context(80);
  EXPECT_THAT(render_panel(halfway(), coloured), Not(HasSubstr("\x1b[")));
  coloured.colour = true;
  EXPECT_THAT(render_panel(halfway(), coloured), HasSubstr("\x1b[32m█"));
}

TEST(Panel, OneLineSaysTheSame) {
  EXPECT_EQ(render_line(halfway(), context(120)),
            " 68.3 %  (16016/23440 pieces)  462.0 MiB/s down  1.0 MiB/s up  12 peers  ETA 0:05\n");
  EXPECT_EQ(render_line(halfway(), context(60)),
            " 68.3 %  462.0 MiB/s down  1.0 MiB/s up  12 peers  ETA 0:05\n");
  EXPECT_EQ(render_line(halfway(), context(40)), " 68.3 %  462.0 MiB/s down  ETA 0:05\n");
  EXPECT_EQ(render_line(halfway(), context(20)), " 68.3 %  ETA 0:05\n");
}

TEST(Panel, TheEndNamesNoLimitAndNoTimeLeft) {
  std::string const ended = render_ended(halfway(), context(80));

  EXPECT_THAT(lines_of(ended), SizeIs(3));
  EXPECT_THAT(ended, HasSubstr("68.3 %     3.91 GiB of 5.72 GiB\n"));
  EXPECT_THAT(ended, HasSubstr(" down 462 MiB   up 1 MiB   wasted 102 KiB   bad 0\n"));
  EXPECT_THAT(ended, Not(HasSubstr("limit")));
  EXPECT_THAT(ended, Not(HasSubstr("ETA")));
}

TEST(Panel, WhatIsNotWholeIsNotShownAsWhole) {
  TransferFigures figures;
  TorrentStats stats;
  stats.size = 10'000'000'000;
  stats.bytes_have = stats.size - 1;
  figures.sample(stats, TimePoint{1h});

  EXPECT_THAT(render_panel(figures, context(80)), HasSubstr(" 99.9 %"));
}

TEST(Panel, KnowsWhetherAllOfTheNoticeStandsOnIt) {
  PanelContext noticed = context(40);
  EXPECT_FALSE(has_whole_notice(render_panel(halfway(), noticed), noticed));
  noticed.notice = std::string(39, 'x');
  for (bool const colour : {false, true}) {
    noticed.colour = colour;
    EXPECT_TRUE(has_whole_notice(render_panel(halfway(), noticed), noticed));
    EXPECT_FALSE(has_whole_notice(render_line(halfway(), noticed), noticed));
  }
  noticed.notice += 'x';
  EXPECT_FALSE(has_whole_notice(render_panel(halfway(), noticed), noticed));
}

}  // namespace
}  // namespace btfast::cli
