#include "cli/seeding_panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
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

constexpr std::uint64_t kMiB = 1024 * 1024;

TransferFigures giving(std::uint64_t at_up_limit = 0) {
  TransferFigures figures;
  TorrentStats stats;
  stats.size = stats.bytes_have = 200 * kMiB;
  stats.peers = 3;
  stats.seeds = 1;
  stats.at_up_limit = at_up_limit;
  figures.set_giving(true);
  figures.sample(stats, TimePoint{1h});
  stats.payload_up = 100 * kMiB;
  figures.sample(stats, TimePoint{1h + 10s});
  return figures;
}

PanelContext context(int width) {
  return {.name = "big.bin", .details = {"200.00 MiB"}, .width = width, .elapsed = 64s};
}

TEST(SeedingPanel, SaysWhatWasSentToWhomAndWhere) {
  auto const lines = lines_of(render_seeding(giving(), context(80), {.port = 6881}));

  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[0], EndsWith("01:04"));
  EXPECT_EQ(lines[1], " seeding   sent 100 MiB    ratio 0.50   port 6881");
  EXPECT_EQ(lines[2], " up      10.0 MiB/s        ▇   3 peers (1 seed)");
}

TEST(SeedingPanel, AGoalHasABarAndWhatIsLeft) {
  auto const lines = lines_of(render_seeding(
      giving(), context(80), {.ratio_goal = 2.0, .time_goal = 60s, .seeded = 45s, .port = 6881}));

  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[1], EndsWith("░   75.0 %   of the goal"));  // of the time, which is nearer
  EXPECT_EQ(lines[2], " seeding   sent 100 MiB    ratio 0.50 of 2.00   00:15 left   port 6881");
}

TEST(SeedingPanel, OnlyOnesOwnLimitIsOne) {
  EXPECT_THAT(render_seeding(giving(), context(80), {}), Not(HasSubstr("limit")));
  EXPECT_THAT(render_seeding(giving(1), context(80), {}), HasSubstr("limit: your --up-limit"));
}

TEST(SeedingPanel, NarrowTerminalsHaveFewerFigures) {
  auto const forty = lines_of(render_seeding(giving(), context(40), {.port = 6881}));
  ASSERT_THAT(forty, SizeIs(4));
  EXPECT_EQ(forty[1], " seeding   sent 100 MiB    ratio 0.50");
  EXPECT_EQ(forty[2], " port 6881");
  EXPECT_EQ(forty[3], " up      10.0 MiB/s   3 peers (1 seed)");
}

TEST(SeedingPanel, TwentyColumnsHaveEveryFigureStill) {
  SeedingView const view{.ratio_goal = 2.0, .time_goal = 60s, .seeded = 45s, .port = 6881};
  EXPECT_THAT(lines_of(render_seeding(giving(1), context(20), view)),
              testing::ElementsAre("big.bin        01:04", "  75.0 %", " seeding", " sent 100 MiB",
                                   " ratio 0.50 of 2.00", " 00:15 left", " port 6881",
                                   " up      10.0 MiB/s", " 3 peers (1 seed)", " limit: yours"));
  EXPECT_THAT(lines_of(render_seeded(giving(), context(20), view)),
              testing::ElementsAre("big.bin        01:04", " seeded", " sent 100 MiB",
                                   " ratio 0.50 of 2.00"));
}

TEST(SeedingPanel, RowsBeginAlikeAndSeedingIsTheLastWordToGo) {
  SeedingView const view{.ratio_goal = 2.0, .time_goal = 60s, .seeded = 45s, .port = 6881};
  for (int width = 1; width <= 120; ++width) {
    std::string const seeding = render_seeding(giving(1), context(width), view);
    std::string const line = render_seeding_line(giving(1), context(width), view);
    for (auto const& panel : {seeding, render_seeded(giving(1), context(width), view)}) {
      auto const lines = lines_of(panel);
      for (std::size_t row = 1; row < lines.size(); ++row) {
        EXPECT_TRUE(lines[row].starts_with(" ")) << width << lines[row];
      }
    }
    EXPECT_EQ(width > 7, seeding.find("seeding") != std::string::npos) << width;
    EXPECT_EQ(width >= 7, line.find("seeding") != std::string::npos) << width;
    if (width < 20) continue;
    for (auto const* const said : {"sent 100 MiB", "ratio 0.50 of 2.00", "00:15 left", "port 6881",
                                   "10.0 MiB/s", "3 peers", "limit: "}) {
      EXPECT_THAT(seeding, HasSubstr(said)) << width;
    }
  }
}

TEST(SeedingPanel, IsNeverWiderThanTheTerminal) {
  SeedingView const view{.ratio_goal = 2.0, .time_goal = 60s, .seeded = 90s, .port = 6881};
  for (int width = 1; width <= 120; ++width) {
    std::string const all = render_seeding(giving(1), context(width), view) +
                            render_seeding_line(giving(1), context(width), view) +
                            render_seeded(giving(1), context(width), view);
    for (auto const& line : lines_of(all)) EXPECT_LE(columns_of(line), width) << line;
  }
}

TEST(SeedingPanel, OneLineSaysTheSame) {
  EXPECT_EQ(render_seeding_line(giving(), context(80), {.ratio_goal = 3}),
            "seeding  sent 100 MiB  ratio 0.50 of 3.00  10.0 MiB/s up  3 peers\n");
  EXPECT_EQ(render_seeding_line(giving(), context(40), {}),
            "seeding  sent 100 MiB  10.0 MiB/s up\n");
}

TEST(SeedingPanel, WhatStaysAtTheEndIsWhatWasSent) {
  auto const lines =
      lines_of(render_seeded(giving(), context(80), {.time_goal = 60s, .port = 6881}));

  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[1], " seeded   sent 100 MiB    ratio 0.50");
}

}  // namespace
}  // namespace btfast::cli
