#include "engine/torrent/right_run.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/limits.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

using storage::FileMap;
using storage::FileStorage;

constexpr std::uint64_t kBlock = limits::kBlockSize;
constexpr std::uint64_t kBefore = 5;  // of another file

class RightRunTest : public testing::Test {
 protected:
  // Whether `content`, where a file of four blocks goes, is the torrent's: the bytes of each
  // piece for which `right` says so (by its first byte in the file) are.
  bool ask(std::string const& content, std::uint32_t piece_length,
           std::function<bool(std::int64_t)> const& right) {
    FileMap map{{{.path = "first", .length = kBefore}, {.path = "it", .length = 4 * kBlock}}};
    auto const geometry = *PieceGeometry::make(map.total_size(), piece_length);
    std::ofstream{dir_ / "it", std::ios::binary} << content;
    Bitfield good{geometry.piece_count()};
    for (std::uint32_t p = 0; p < geometry.piece_count(); ++p) {
      std::int64_t const in_file =
          static_cast<std::int64_t>(geometry.piece_offset(PieceIndex{p})) - kBefore;
      if (right(in_file)) good.set(p);
    }
    FileStorage files{dir_.path().string(), std::move(map)};
    EXPECT_TRUE(files.look());
    return holds_right_run(files, FileIndex{1}, geometry, good);
  }
  static std::string text(std::uint64_t size) {
    std::string out;
    while (out.size() < size) out += "These are notes. ";
    return out.substr(0, size);
  }
  static auto from_to(std::uint64_t begin, std::uint64_t end) {
    return [begin = static_cast<std::int64_t>(begin), end = static_cast<std::int64_t>(end)](
               std::int64_t at) { return at >= begin && at < end; };
  }

  test::TempDir dir_;
};

TEST_F(RightRunTest, ABlockInOneStretchIsEnough) {
  EXPECT_TRUE(ask(text(4 * kBlock), 1, from_to(100, 100 + kBlock)));
  EXPECT_TRUE(ask(text(4 * kBlock), 1, from_to(3 * kBlock, 4 * kBlock))) << "at the end";
}

TEST_F(RightRunTest, AByteLessIsNot) {
  EXPECT_FALSE(ask(text(4 * kBlock), 1, from_to(100, 99 + kBlock)));
}

TEST_F(RightRunTest, RightBytesHereAndThereAreNot) {
  EXPECT_FALSE(ask(text(4 * kBlock), 1, [](std::int64_t at) { return at % 4096 != 0; }));
}

TEST_F(RightRunTest, PagesHereAndThereAreCountedTogether) {
  auto const every_second = [](std::int64_t at) { return at >= 0 && at / 4096 % 2 == 0; };
  EXPECT_TRUE(ask(text(4 * kBlock), 1, every_second));

  auto const first_three = [&](std::int64_t at) { return at < 5 * 4096 && every_second(at); };
  EXPECT_FALSE(ask(text(4 * kBlock), 1, first_three));
}

TEST_F(RightRunTest, BytesThatTheFileDoesNotHaveDoNotCount) {
  EXPECT_FALSE(ask(text(kBlock - 1), 1, from_to(0, 4 * kBlock)));
  EXPECT_TRUE(ask(text(kBlock), 1, from_to(0, 4 * kBlock)));
}

TEST_F(RightRunTest, NeighboursBytesDoNotCount) {
  EXPECT_FALSE(ask(text(4 * kBlock), 1, from_to(-kBefore, kBlock - 1)));
}

TEST_F(RightRunTest, OneByteOverAndOverProvesNothing) {
  for (char const byte : {'\0', 'U'}) {
    auto const content = text(kBlock) + std::string(3 * kBlock, byte);
    EXPECT_FALSE(ask(content, 1, from_to(kBlock, 4 * kBlock)));
    EXPECT_FALSE(ask(content, 1, from_to(kBlock - 3, 4 * kBlock))) << "nor with a few others";
    EXPECT_TRUE(ask(content, 1, from_to(0, 4 * kBlock)));
  }
}

// A disk image: a few bytes in each of many pages of zeros that it shares with others.
TEST_F(RightRunTest, PagesOfOneByteDoNotCountWhereverTheyStand) {
  std::string content(4 * kBlock, '\0');
  for (std::size_t const page : {0u, 5u, 11u}) content[page * 4096 + 7] = 'x';
  EXPECT_FALSE(ask(content, 1, from_to(0, 4 * kBlock)));

  content[15 * 4096 + 7] = 'x';
  EXPECT_TRUE(ask(content, 1, from_to(0, 4 * kBlock)));
}

TEST_F(RightRunTest, ALaterStretchMayProveIt) {
  auto const content = std::string(2 * kBlock, '\0') + "x" + text(2 * kBlock - 1);

  EXPECT_TRUE(ask(content, 1, [](std::int64_t at) { return at != 2 * kBlock; }));
}

TEST_F(RightRunTest, PiecesOfABlockCountWhereTheyLieInTheFile) {
  EXPECT_TRUE(ask(text(4 * kBlock), kBlock, from_to(0, kBlock)));
  EXPECT_FALSE(ask(text(4 * kBlock), kBlock, from_to(-kBefore, 0))) << "shared with its neighbour";
}

}  // namespace
}  // namespace btfast
