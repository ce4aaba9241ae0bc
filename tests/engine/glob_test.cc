#include "engine/metainfo/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace btfast {
namespace {

TEST(Glob, PlainTextIsItself) {
  EXPECT_TRUE(glob_matches("readme.txt", "readme.txt"));
  EXPECT_FALSE(glob_matches("readme.txt", "readme.txt2"));
  EXPECT_FALSE(glob_matches("readme.txt", "Readme.txt"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "a"));
}

TEST(Glob, StarIsAnyCharactersSlashesToo) {
  EXPECT_TRUE(glob_matches("*.iso", "a.iso"));
  EXPECT_TRUE(glob_matches("*.iso", ".iso"));
  EXPECT_FALSE(glob_matches("*.iso", "a.iso.txt"));
  EXPECT_TRUE(glob_matches("disk/*", "disk/1/a.iso"));
  EXPECT_TRUE(glob_matches("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(glob_matches("a*b*c", "a-c-b"));
  EXPECT_TRUE(glob_matches("**", ""));
}

TEST(Glob, QuestionMarkIsOneCodePoint) {
  EXPECT_TRUE(glob_matches("?.txt", "é.txt"));
  EXPECT_TRUE(glob_matches("?.txt", "日.txt"));
  EXPECT_FALSE(glob_matches("?.txt", "ab.txt"));
  EXPECT_FALSE(glob_matches("?", ""));
}

TEST(Glob, SetIsOneOfItsCharactersOrOneOfTheOthers) {
  EXPECT_TRUE(glob_matches("[ab].bin", "b.bin"));
  EXPECT_FALSE(glob_matches("[ab].bin", "c.bin"));
  EXPECT_TRUE(glob_matches("[0-9]", "7"));
  EXPECT_TRUE(glob_matches("[а-я]", "ж"));
  EXPECT_FALSE(glob_matches("[!0-9]", "7"));
  EXPECT_TRUE(glob_matches("[!0-9]", "x"));
  EXPECT_TRUE(glob_matches("[]]", "]"));
  EXPECT_TRUE(glob_matches("[a-]", "-"));
  EXPECT_TRUE(glob_matches("[\\]]x", "]x"));
}

TEST(Glob, OpenBracketAloneStandsForItself) {
  EXPECT_TRUE(glob_matches("a[b", "a[b"));
  EXPECT_FALSE(glob_matches("a[b", "ab"));
  EXPECT_TRUE(glob_matches("[", "["));
}

TEST(Glob, BackslashMakesTheNextCharacterPlain) {
  EXPECT_TRUE(glob_matches("\\*.iso", "*.iso"));
  EXPECT_FALSE(glob_matches("\\*.iso", "a.iso"));
  EXPECT_TRUE(glob_matches("a\\,b", "a,b"));
  EXPECT_TRUE(glob_matches("a\\", "a\\"));
}

TEST(Glob, BytesThatAreNotUtf8MatchThemselves) {
  EXPECT_TRUE(glob_matches("\xff*", "\xff.bin"));
  EXPECT_FALSE(glob_matches("\xff*", "\xfe.bin"));
  EXPECT_TRUE(glob_matches("?", "\xff"));
}

TEST(Glob, AnOpenSetIsSeen) {
  for (char const* const open : {"[a", "a[", "[]", "[!]", "[a]b[", "[a\\]"}) {
    EXPECT_TRUE(has_open_set(open)) << open;
  }
  for (char const* const whole : {"", "a]", "[a]", "[]]", "[!]a]", "\\[a", "[a\\]]", "\\"}) {
    EXPECT_FALSE(has_open_set(whole)) << whole;
  }
}

// An evil pattern on a long name: the work must stay a product, not a power.
TEST(Glob, ManyStarsOnALongNameEndSoon) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  pattern += "b";

  EXPECT_FALSE(glob_matches(pattern, std::string(3'800, 'a')));
}

}  // namespace
}  // namespace btfast
