#include "cli/columns.h"

#include <gtest/gtest.h>

#include <string>

namespace btfast::cli {
namespace {

TEST(Columns, WideCharactersTakeTwoAndMarksNone) {
  EXPECT_EQ(columns_of(""), 0);
  EXPECT_EQ(columns_of("big.bin"), 7);
  EXPECT_EQ(columns_of("日本語"), 6);
  EXPECT_EQ(columns_of("e\u0301"), 1);
  EXPECT_EQ(columns_of("▁▂▃ █░ …·"), 9);
  EXPECT_EQ(columns_of("한국"), 4);
  EXPECT_EQ(columns_of("\U0001F600"), 2);
}

TEST(Columns, ColoursTakeNone) { EXPECT_EQ(columns_of("\x1b[32mgreen\x1b[0m"), 5); }

TEST(Columns, BytesThatAreNoTextTakeOneEach) { EXPECT_EQ(columns_of("a\xff\xfe"), 3); }

TEST(FitEnd, LeavesWhatFits) {
  EXPECT_EQ(fit_end("abc", 3), "abc");
  EXPECT_EQ(fit_end("日本", 4), "日本");
}

TEST(FitEnd, DotsStandForWhatIsLeftOut) {
  EXPECT_EQ(fit_end("abcdef", 4), "abc…");
  EXPECT_EQ(fit_end("abcdef", 1), "…");
  EXPECT_EQ(fit_end("abcdef", 0), "");
}

TEST(FitEnd, AWideCharacterIsThereWholeOrNotAtAll) {
  EXPECT_EQ(fit_end("日本語", 5), "日本…");
  EXPECT_EQ(fit_end("日本語", 4), "日…");
}

TEST(FitEnd, AMarkStaysWithItsLetter) {
  EXPECT_EQ(fit_end("e\u0301e\u0301e\u0301", 2), "e\u0301…");
}

TEST(FitEnd, AColourIsClosed) {
  EXPECT_EQ(fit_end("\x1b[31mlong\x1b[0m", 3), "\x1b[31mlo…\x1b[0m");
}

TEST(FitName, TheExtensionIsKept) {
  EXPECT_EQ(fit_name("Some.Very.Long.Release.mkv", 16), "Some.Very.L….mkv");
  EXPECT_EQ(columns_of(fit_name("日本語の映画とても長い名前.mkv", 15)), 15);
  EXPECT_EQ(fit_name("日本語の映画とても長い名前.mkv", 15), "日本語の映….mkv");
}

TEST(FitName, WhatIsNoExtensionIsNotKept) {
  EXPECT_EQ(fit_name("A folder of Vol. 2 and more", 12), "A folder of…");
  EXPECT_EQ(fit_name("release.of-a-very-long-group", 10), "release.o…");
  EXPECT_EQ(fit_name("film.mkv", 6), "film.…");
}

TEST(FitName, IsNeverWiderThanAsked) {
  std::string const name = std::string(200, 'x') + "語e\u0301.tar.gz";
  for (int width = 0; width < 90; ++width) EXPECT_LE(columns_of(fit_name(name, width)), width);
}

TEST(RowsOf, AreThoseOfATerminalThatWraps) {
  EXPECT_EQ(rows_of("", 10), 1);
  EXPECT_EQ(rows_of("0123456789", 10), 1);
  EXPECT_EQ(rows_of("0123456789a", 10), 2);
  EXPECT_EQ(rows_of("\x1b[32m0123456789\x1b[0m", 10), 1);
  EXPECT_EQ(rows_of("日本語", 5), 2);
  EXPECT_EQ(rows_of("日本語", 3), 3);
}

TEST(FirstRows, AreWhatStandsInThem) {
  EXPECT_EQ(first_rows("0123456789a", 10, 0), "");
  EXPECT_EQ(first_rows("0123456789a", 10, 1), "0123456789");
  EXPECT_EQ(first_rows("0123456789a", 10, 2), "0123456789a");
  EXPECT_EQ(first_rows("0123456789a", 10, 9), "0123456789a");
  EXPECT_EQ(first_rows("日本語", 3, 2), "日本");
  EXPECT_EQ(first_rows("ab", 0, 1), "a");
}

TEST(LastCharacter, IsBeforeWhatClosesAColour) {
  EXPECT_EQ(last_character(""), 0U);
  EXPECT_EQ(last_character("abc"), 2U);
  EXPECT_EQ(last_character("日本"), 3U);
  EXPECT_EQ(last_character("\x1b[32mab\x1b[0m"), 6U);
}

TEST(Padded, CountsColumns) {
  EXPECT_EQ(padded("日", 4), "日  ");
  EXPECT_EQ(padded_left("ab", 4), "  ab");
  EXPECT_EQ(padded("abcde", 4), "abcde");
}

}  // namespace
}  // namespace btfast::cli
