#include "cli/panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

namespace btfast::cli {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::HasSubstr;
using testing::Le;
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

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

int columns(std::string const& line) {
  int count = 0;
  for (char const c : line) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

PanelContext context(int width) {
  return {.title = "ubuntu.iso   5.72 GiB · 23440 x 256.00 KiB · 3c315a7c · 8 jobs",
          .width = width,
          .elapsed = 8s};
}

TEST(Panel, ShowsTheThreeStagesAndWhatLimits) {
  auto const lines = lines_of(render_panel(halfway(), context(100)));

  ASSERT_THAT(lines, SizeIs(6));
  EXPECT_THAT(lines[0], HasSubstr("ubuntu.iso   5.72 GiB"));
  EXPECT_THAT(lines[0], HasSubstr("8 jobs   00:08"));
  EXPECT_THAT(lines[1], HasSubstr(" 68.3 %   3.91 GiB   ETA 0:05"));
  EXPECT_THAT(lines[2], StartsWith(" net    462.0 MiB/s"));
  EXPECT_THAT(lines[2], HasSubstr("12 peers (4 seeds)   3072 requests, RTT 1.9 ms"));
  EXPECT_THAT(lines[3], StartsWith(" hash   461.0 MiB/s"));
  EXPECT_THAT(lines[3], HasSubstr("queue    14 pieces"));
  EXPECT_THAT(lines[3], HasSubstr("2.0 of 8 threads busy"));
  EXPECT_THAT(lines[4], StartsWith(" disk   455.0 MiB/s"));
  EXPECT_THAT(lines[4], HasSubstr("queue  31.2 MiB"));
  EXPECT_THAT(lines[4], HasSubstr("1.0 of 8 threads busy"));
  EXPECT_THAT(lines[5], StartsWith(" up       1.0 MiB/s"));
  EXPECT_THAT(lines[5], HasSubstr("bad 0   dup 0.02 %   limit: network"));
}

// Queues and threads stand one below the other.
TEST(Panel, StagesAreAColumnEach) {
  auto const lines = lines_of(render_panel(halfway(), context(100)));

  EXPECT_EQ(lines[3].find("queue"), lines[4].find("queue"));
  EXPECT_EQ(lines[3].find("2.0 of 8"), lines[4].find("1.0 of 8"));
}

TEST(Panel, IsNeverWiderThanTheTerminal) {
  for (int const width : {1, 20, 40, 60, 80}) {
    std::vector<int> widths;
    for (auto const& line : lines_of(render_panel(halfway(), context(width)))) {
      widths.push_back(columns(line));
    }
    EXPECT_THAT(widths, SizeIs(6));
    EXPECT_THAT(widths, Each(Le(width)));
  }
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

TEST(Panel, OneLineSaysTheSame) {
  std::string const line = render_line(halfway(), context(120));

  EXPECT_THAT(lines_of(line), SizeIs(1));
  EXPECT_THAT(line, HasSubstr(" 68.3 % (16016/23440 pieces)"));
  EXPECT_THAT(line, HasSubstr("462.0 MiB/s down"));
  EXPECT_THAT(line, HasSubstr("12 peers  ETA 0:05"));
}

}  // namespace
}  // namespace btfast::cli
