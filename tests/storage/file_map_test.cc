#include "storage/file_map.h"

#include <gtest/gtest.h>

namespace btfast::storage {
namespace {

// 0: a, 3 bytes; 1: empty; 2: pad, 5; 3: empty; 4: b, 4; 5: empty.
FileMap const kMap{{{"a", 3}, {"e1", 0}, {".pad/5", 5, true}, {"e2", 0}, {"b", 4}, {"e3", 0}}};

testing::AssertionResult is(FileSlice const& slice, std::uint32_t file, std::uint64_t offset,
                            std::uint64_t length) {
  if (slice.file.value == file && slice.offset == offset && slice.length == length) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure()
         << "file " << slice.file.value << " offset " << slice.offset << " length " << slice.length;
}

TEST(FileMap, TotalIsTheSumOfAllFilesPadsIncluded) {
  EXPECT_EQ(kMap.total_size(), 12u);
  EXPECT_EQ(kMap.file_offset(FileIndex{4}), 8u);
}

TEST(FileMap, ByteBelongsToTheFileThatHoldsItNeverToAnEmptyOne) {
  std::uint32_t const holder[] = {0, 0, 0, 2, 2, 2, 2, 2, 4, 4, 4, 4};

  for (std::uint64_t at = 0; at < 12; ++at) {
    EXPECT_EQ(kMap.file_at(at).value, holder[at]) << "byte " << at;
  }
}

TEST(FileMap, WholeTorrentIsEveryNonEmptyFileOnce) {
  auto const slices = kMap.slices(0, 12);

  ASSERT_EQ(slices.size(), 3u);
  EXPECT_TRUE(is(slices[0], 0, 0, 3));
  EXPECT_TRUE(is(slices[1], 2, 0, 5));
  EXPECT_TRUE(is(slices[2], 4, 0, 4));
}

TEST(FileMap, RangeThatStraddlesStartsAndEndsWithinFiles) {
  auto const slices = kMap.slices(2, 8);

  ASSERT_EQ(slices.size(), 3u);
  EXPECT_TRUE(is(slices[0], 0, 2, 1));
  EXPECT_TRUE(is(slices[1], 2, 0, 5));
  EXPECT_TRUE(is(slices[2], 4, 0, 2));
}

TEST(FileMap, RangeThatEndsWithAFileDoesNotTouchTheNext) {
  auto const slices = kMap.slices(0, 3);

  ASSERT_EQ(slices.size(), 1u);
  EXPECT_TRUE(is(slices[0], 0, 0, 3));
}

TEST(FileMap, EmptyRangeHasNoSliceEvenAtTheEnd) {
  EXPECT_TRUE(kMap.slices(0, 0).empty());
  EXPECT_TRUE(kMap.slices(3, 0).empty());
  EXPECT_TRUE(kMap.slices(12, 0).empty());
}

TEST(FileMap, SlicesOfEveryRangeAddUpAndFollowEachOther) {
  for (std::uint64_t from = 0; from <= 12; ++from) {
    for (std::uint64_t length = 0; from + length <= 12; ++length) {
      std::uint64_t at = from;
      for (auto const& slice : kMap.slices(from, length)) {
        EXPECT_GT(slice.length, 0u);
        EXPECT_EQ(kMap.file_offset(slice.file) + slice.offset, at);
        at += slice.length;
      }
      EXPECT_EQ(at, from + length);
    }
  }
}

TEST(FileMap, TorrentOfNothingIsEmpty) {
  FileMap const none{{{"e", 0}}};

  EXPECT_EQ(none.total_size(), 0u);
  EXPECT_TRUE(none.slices(0, 0).empty());
}

}  // namespace
}  // namespace btfast::storage
