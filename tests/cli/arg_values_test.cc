#include "cli/arg_values.h"

#include <gtest/gtest.h>

namespace btfast::cli {
namespace {

TEST(ArgValues, APortRangeIsOnePortOrTwoInOrder) {
  auto const range = parse_port_range("6881-6889");
  auto const one = parse_port_range("51413");

  ASSERT_TRUE(range && one);
  EXPECT_EQ(range->first, 6881);
  EXPECT_EQ(range->last, 6889);
  EXPECT_EQ(one->first, 51413);
  EXPECT_EQ(one->last, 51413);
  for (char const* const bad : {"", "-", "x", "1-", "-1", "9-8", "0-5", "65536", "1-2-3"}) {
    EXPECT_FALSE(parse_port_range(bad)) << bad;
  }
}

TEST(ArgValues, SlotsAreANumberOrLeftToUs) {
  EXPECT_EQ(parse_slots("7"), 7u);
  EXPECT_TRUE(parse_slots("auto"));
  EXPECT_FALSE(parse_slots("many"));
}

TEST(ArgValues, ARatioIsAboveZero) {
  EXPECT_EQ(parse_ratio("1.5").value(), 1.5);
  for (char const* const bad : {"0", "-1", "nan", "1e9", "1x", ""}) {
    EXPECT_FALSE(parse_ratio(bad)) << bad;
  }
}

TEST(ArgValues, APieceSizeMayBeLeftToUsAndContentMayNotBeEmpty) {
  EXPECT_EQ(parse_piece_size("auto"), 0u);
  EXPECT_EQ(parse_piece_size("256KiB"), 262144u);
  EXPECT_EQ(parse_piece_size("512MiB"), 536870912u);
  for (char const* const bad : {"0", "10", "8KiB", "20000", "1GiB", "auto2"}) {
    EXPECT_FALSE(parse_piece_size(bad)) << bad;
  }
  EXPECT_EQ(parse_content_size("1MB"), 1000000u);
  EXPECT_FALSE(parse_content_size("0"));
}

}  // namespace
}  // namespace btfast::cli
