#include "engine/torrent/download_goal.h"

#include <gtest/gtest.h>

#include <memory>

namespace btfast {
namespace {

constexpr Priority kS = Priority::kSkip;
constexpr Priority kN = Priority::kNormal;

// Files of 1.5, 1.5 and 0.5 pieces: four pieces, the last one of half the size.
MetainfoPtr three_files() {
  auto metainfo = std::make_shared<Metainfo>();
  metainfo->multi_file = true;
  for (std::uint64_t const length : {150u, 150u, 50u})
    metainfo->files.push_back({.length = length});
  metainfo->geometry = *PieceGeometry::make(350, 100);
  return metainfo;
}

TEST(DownloadGoal, IsReachedWhenEveryWantedPieceIsHere) {
  DownloadGoal goal{three_files(), {{kN, kS, kS}}};

  EXPECT_FALSE(goal.on_have(PieceIndex{0}));
  EXPECT_FALSE(goal.on_have(PieceIndex{3}));  // not asked for
  EXPECT_TRUE(goal.on_have(PieceIndex{1}));

  EXPECT_TRUE(goal.reached());
  EXPECT_FALSE(goal.whole());
  EXPECT_FALSE(goal.on_have(PieceIndex{2}));  // reached once, not twice
  EXPECT_TRUE(goal.whole());
}

TEST(DownloadGoal, CountsWhatIsWantedForPeopleAndEverythingForTrackers) {
  DownloadGoal goal{three_files(), {{kN, kS, kS}}};
  goal.on_have(PieceIndex{0});
  goal.on_have(PieceIndex{3});

  EXPECT_EQ(goal.bytes_wanted(), 200u);
  EXPECT_EQ(goal.wanted_bytes_here(), 100u);
  EXPECT_EQ(goal.pieces_wanted(), 2u);
  EXPECT_EQ(goal.wanted_pieces_here(), 1u);
  EXPECT_EQ(goal.bytes_missing(), 200u);
}

TEST(DownloadGoal, LargerSelectionMovesTheGoalAwayAndSmallerOneBack) {
  DownloadGoal goal{three_files(), {{kN, kS, kS}}};
  goal.on_have(PieceIndex{0});
  goal.on_have(PieceIndex{1});

  goal.set_selection({});
  EXPECT_FALSE(goal.reached());
  EXPECT_EQ(goal.bytes_wanted(), 350u);
  EXPECT_EQ(goal.wanted_bytes_here(), 200u);

  goal.set_selection({{kN, kS, kS}});
  EXPECT_TRUE(goal.reached());
}

TEST(DownloadGoal, MissesWhatIsWantedAndNotHere) {
  DownloadGoal goal{three_files(), {{kN, kS, kN}}};

  goal.on_have(PieceIndex{0});

  EXPECT_FALSE(goal.misses(PieceIndex{0})) << "here";
  EXPECT_FALSE(goal.misses(PieceIndex{2})) << "not wanted";
  EXPECT_TRUE(goal.misses(PieceIndex{3}));
}

TEST(DownloadGoal, NothingWantedIsReachedAtOnce) {
  EXPECT_TRUE((DownloadGoal{three_files(), {{kS, kS, kS}}}.reached()));
}

}  // namespace
}  // namespace btfast
