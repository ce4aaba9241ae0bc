#include "engine/base/ascii.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace btfast {
namespace {

TEST(AsciiLower, ChangesTheLettersOfAsciiAndNothingElse) {
  EXPECT_EQ(ascii_lower("AZaz@[`{019"), "azaz@[`{019");
  EXPECT_EQ(ascii_lower("\xc3\x84"), "\xc3\x84");
  EXPECT_EQ(ascii_lower(""), "");
}

TEST(Trimmed, LosesTheBlanksAtItsEndsOnly) {
  EXPECT_EQ(trimmed("\r\n a\tb \t"), "a\tb");
  EXPECT_EQ(trimmed("ab"), "ab");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(ToNumber, TakesTheWholeTextOrNone) {
  EXPECT_EQ(to_number<int>("-17"), -17);
  EXPECT_EQ(to_number<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(to_number<double>("0.5"), 0.5);
  for (char const* const none : {"", "x", "1x", " 1", "1 ", "+1", "65536", "-1", "0x1"}) {
    EXPECT_EQ(to_number<std::uint16_t>(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace btfast
