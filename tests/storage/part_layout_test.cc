#include "storage/part_layout.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace btfast::storage {
namespace {

std::array<std::uint64_t, 2> lengths(PartLayout const& layout, std::uint32_t file) {
  auto const fragments = layout.fragments(FileIndex{file});
  return {fragments[0].length, fragments[1].length};
}
using Lengths = std::array<std::uint64_t, 2>;

TEST(PartLayout, FileOnPieceEdgesHasNoEnds) {
  FileMap const map{{{"a", 200}, {"b", 100}}};
  PartLayout const layout{map, 100};

  EXPECT_EQ(lengths(layout, 0), (Lengths{0, 0}));
  EXPECT_EQ(layout.total_size(), 0u);
}

TEST(PartLayout, HeadEndsAndTailBeginsAtAPieceEdge) {
  FileMap const map{{{"a", 150}, {"b", 300}, {"c", 50}}};
  PartLayout const layout{map, 100};

  EXPECT_EQ(lengths(layout, 0), (Lengths{0, 50}));
  EXPECT_EQ(lengths(layout, 1), (Lengths{50, 50}));
  EXPECT_EQ(layout.fragments(FileIndex{1})[1].in_file, 250u);
  EXPECT_FALSE(layout.at(FileIndex{1}, 50));
  EXPECT_FALSE(layout.at(FileIndex{1}, 249));
}

TEST(PartLayout, FileWithinOnePieceIsAllHead) {
  FileMap const map{{{"a", 10}, {"b", 20}, {"c", 200}}};
  PartLayout const layout{map, 100};

  EXPECT_EQ(lengths(layout, 1), (Lengths{20, 0}));
}

TEST(PartLayout, EveryFragmentHasANumber) {
  FileMap const map{{{"a", 150}, {"b", 300}, {"c", 50}}};
  PartLayout const layout{map, 100};

  EXPECT_EQ(layout.fragment_count(), 6u);
  for (std::uint32_t n = 0; n < 6; ++n) {
    auto const fragment = layout.fragment(n);
    auto const same = layout.fragments(FileIndex{n / 2})[n % 2];
    EXPECT_EQ(fragment.number, n);
    EXPECT_EQ(same.number, n);
    EXPECT_EQ(fragment.in_part, same.in_part);
  }
  EXPECT_EQ(layout.at(FileIndex{1}, 260)->number, 3u);
}

TEST(PartLayout, TellsHowFarItIsToTheNextFragment) {
  FileMap const map{{{"a", 150}, {"b", 300}, {"c", 150}, {"d", 250}}};
  PartLayout const layout{map, 100};

  EXPECT_EQ(layout.between(FileIndex{1}, 60), 190u);
  EXPECT_EQ(layout.between(FileIndex{2}, 60), 90u) << "to the end of the file";
}

TEST(PartLayout, PadsAndEmptyFilesHaveNoPlace) {
  FileMap const map{{{"a", 10}, {"empty", 0}, {".pad/90", 90, true}, {"b", 10}}};
  PartLayout const layout{map, 100};

  EXPECT_EQ(lengths(layout, 1), (Lengths{0, 0}));
  EXPECT_EQ(lengths(layout, 2), (Lengths{0, 0}));
}

// Pieces of 100: a has 0 and 1, b 1, c 2 and 3, d 4; the pad is nobody's.
TEST(PartLayout, TellsWhichEndsWantedPiecesHave) {
  FileMap const map{{{"a", 150}, {"b", 50}, {"c", 150}, {".pad", 50, true}, {"d", 80}, {"e", 0}}};
  PartLayout const layout{map, 100};
  using Files = std::vector<bool>;

  EXPECT_EQ(layout.beside({true, false, false, false, false, false}),
            (Files{false, true, false, false, false, false}));
  EXPECT_EQ(layout.beside({false, true, false, true, true, true}),
            (Files{true, false, false, false, false, false}));
  EXPECT_EQ(layout.beside({false, false, true, false, false, false}), Files(6));
  EXPECT_EQ(layout.beside({}), Files{});
}

// Method: every byte of every wanted-and-not-wanted boundary piece must have one place of
// its own.
TEST(PartLayout, EveryByteOfASharedPieceHasItsOwnPlace) {
  FileMap const map{{{"a", 7}, {"b", 13}, {"c", 1}, {"d", 40}, {"e", 0}, {"f", 23}}};
  for (std::uint64_t piece = 1; piece <= 30; ++piece) {
    PartLayout const layout{map, piece};
    std::map<std::uint64_t, std::uint64_t> taken;  // place to torrent offset
    for (std::uint64_t at = 0; at < map.total_size(); ++at) {
      FileIndex const file = map.file_at(at);
      std::uint64_t const first = at / piece * piece;
      std::uint64_t const last = std::min(first + piece, map.total_size()) - 1;
      bool const shared = map.file_at(first) != file || map.file_at(last) != file;
      auto const place = layout.at(file, at - map.file_offset(file));
      ASSERT_TRUE(place || !shared) << "piece length " << piece << ", byte " << at;
      if (!place) continue;
      EXPECT_LT(place->in_part, layout.total_size());
      EXPECT_TRUE(taken.emplace(place->in_part, at).second);
    }
  }
}

}  // namespace
}  // namespace btfast::storage
