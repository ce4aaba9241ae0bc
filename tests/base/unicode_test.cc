#include "engine/base/unicode.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace btfast {
namespace {

std::string encoded(char32_t code_point) {
  std::string out;
  append_utf8(out, code_point);
  return out;
}

TEST(Utf8, TheEdgesOfEachLengthAreWrittenAsTheStandardSays) {
  EXPECT_EQ(encoded(0x7f), "\x7f");
  EXPECT_EQ(encoded(0x80), "\xc2\x80");
  EXPECT_EQ(encoded(0x7ff), "\xdf\xbf");
  EXPECT_EQ(encoded(0x800), "\xe0\xa0\x80");
  EXPECT_EQ(encoded(0xffff), "\xef\xbf\xbf");
  EXPECT_EQ(encoded(0x10000), "\xf0\x90\x80\x80");
  EXPECT_EQ(encoded(0x10ffff), "\xf4\x8f\xbf\xbf");
}

TEST(Utf8, EveryCodePointIsReadBackAndTakesJustItsBytes) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c == 0xd800) c = 0xe000;
    std::string const bytes = encoded(c) + "z";
    std::string_view rest = bytes;

    auto const read = take_code_point(rest);

    ASSERT_TRUE(read == c && rest == "z") << static_cast<std::uint32_t>(c);
  }
}

TEST(Utf8, HalfACharacterIsNoText) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_FALSE(is_utf8("\xe6\x97"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80")) << "a surrogate";
}

TEST(Utf8, WhatIsNotUtf8LosesOneByteAtATime) {
  std::vector<std::string_view> const bad{
      "\x80",              // a continuation alone
      "\xc0\xaf",          // overlong slash
      "\xe0\x80\xaf",      // …in three bytes
      "\xf0\x80\x80\xaf",  // …in four
      "\xed\xa0\x80",      // a surrogate
      "\xf4\x90\x80\x80",  // past U+10FFFF
      "\xe2\x82",          // cut short
      "\xc3(",             // second byte is no continuation
      "\xff",
  };
  for (std::string_view const text : bad) {
    std::string_view rest = text;

    EXPECT_FALSE(take_code_point(rest)) << text;
    EXPECT_EQ(rest, text.substr(1)) << text;
  }
}

TEST(Unicode, ControlsAreThoseThatATerminalObeysOrThatBreakLines) {
  for (char32_t const c : {0x00, 0x1b, 0x1f, 0x7f, 0x80, 0x9f, 0x2028, 0x2029}) {
    EXPECT_TRUE(is_control(c)) << static_cast<std::uint32_t>(c);
  }
  for (char32_t const c : {0x20, 0x7e, 0xa0, 0xe9, 0x2027, 0x202a}) {
    EXPECT_FALSE(is_control(c)) << static_cast<std::uint32_t>(c);
  }
}

TEST(Unicode, InvisibleAreZeroWidthAndReorderingCharacters) {
  for (char32_t const c : {0xad, 0x200b, 0x200f, 0x202e, 0x2066, 0xfeff, 0xe0041}) {
    EXPECT_TRUE(is_invisible(c)) << static_cast<std::uint32_t>(c);
  }
  for (char32_t const c : {0x20, 0x41, 0x200a, 0x2010, 0x202f, 0x1f600}) {
    EXPECT_FALSE(is_invisible(c)) << static_cast<std::uint32_t>(c);
  }
}

}  // namespace
}  // namespace btfast
