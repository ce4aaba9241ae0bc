#include "cli/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/pseudo_terminal.h"

namespace btfast::cli {
namespace {

using test::PseudoTerminal;
using test::read_all;

class TerminalTest : public testing::Test {
 protected:
  TerminalTest() {
    ::setenv("TERM", "xterm", 1);
    for (char const* const name : {"NO_COLOR", "TMUX", "STY", "XTERM_VERSION"}) ::unsetenv(name);
  }
};

// What a frame of these lines is, drawn from its first row on: each begins where the one before it
// has filled its row, and the row below is empty.
std::string frame(std::vector<std::string> const& lines, int width = 90) {
  std::string out = "\x1b[?7l";
  for (auto const& line : lines) {
    bool const last = &line == &lines.back();
    out += line + "\x1b[K";
    out += last ? "\n" : "\x1b[" + std::to_string(width) + "G\x1b[?7h  \x1b[?7l\r";
  }
  return out + "\x1b[?7h\x1b[2K";
}

// So many rows from where the first of them is, and back.
std::string cleared(int rows) {
  std::string out = "\x1b[2K";
  for (int row = 1; row < rows; ++row) out += "\n\x1b[2K";
  return rows > 1 ? out + "\r\x1b[" + std::to_string(rows - 1) + "A" : out;
}

TEST_F(TerminalTest, ABlockIsRewrittenInPlaceAndLinesGoAboveIt) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  ASSERT_TRUE(terminal.is_tty());
  EXPECT_EQ(terminal.width(), 90);
  EXPECT_EQ(terminal.height(), 24);

  terminal.block("one\ntwo\n");
  EXPECT_EQ(pseudo.shown(), "\r" + frame({"one", "two"}));
  terminal.block("three\nfour\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[2A" + frame({"three", "four"}));
  terminal.line("news");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[2A" + cleared(3) + "news\x1b[K\n" + frame({"three", "four"}));
  terminal.clear_block();
  EXPECT_EQ(pseudo.shown(), "\r\x1b[2A" + cleared(3) + "\x1b[2K");
  terminal.line("last");
  EXPECT_EQ(pseudo.shown(), "last\n");
}

// After a character in the last column the cursor stands on it, and an erasure takes it away.
TEST_F(TerminalTest, ALineAsWideAsTheTerminalKeepsItsLastCharacter) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  std::string const wide(90, 'x');

  terminal.block(wide + "\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[?7l" + wide + "\n\x1b[?7h\x1b[2K");
  terminal.line(wide);
  EXPECT_TRUE(pseudo.shown().starts_with("\r\x1b[1A" + cleared(2) + wide + "\n"));
  terminal.block("\x1b[33m" + wide + "\x1b[0m\nnext\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[1A" + cleared(2) + "\x1b[?7l\x1b[33m" + wide.substr(1) +
                                "\x1b[90G\x1b[?7hx\x1b[0m \x1b[?7l\rnext\x1b[K\n"
                                "\x1b[?7h\x1b[2K");
}

TEST_F(TerminalTest, SaysWhetherTheBlockStandsThereWhole) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};

  EXPECT_TRUE(terminal.block("one\n" + std::string(90, 'x') + "\n"));
  EXPECT_FALSE(terminal.block(std::string(91, 'x') + "\n"));
  pseudo.resize(90, 1);
  EXPECT_FALSE(terminal.block("one\ntwo\n"));
}

TEST_F(TerminalTest, NothingIsErasedToTheEndOfTheScreen) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block("one\ntwo\nthree\n");
  terminal.block("one\n");
  terminal.line("news");
  terminal.clear_block();

  EXPECT_EQ(pseudo.shown().find("\x1b[J"), std::string::npos);
}

TEST_F(TerminalTest, ALowerBlockLeavesNoRowOfTheHigherOne) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block("one\ntwo\nthree\n");
  pseudo.shown();

  terminal.block("four\n");

  EXPECT_EQ(pseudo.shown(), "\r\x1b[3A" + cleared(4) + frame({"four"}));
}

// Of keys: ^C above all.  The row below the block is nobody else's.
TEST_F(TerminalTest, WhatTheTerminalEchoedBelowTheBlockIsCleared) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block("one\ntwo\n");
  pseudo.shown();
  terminal.block("one\ntwo\n");
  EXPECT_TRUE(pseudo.shown().ends_with("two\x1b[K\n\x1b[?7h\x1b[2K"));
  terminal.block("end\n");
  EXPECT_TRUE(pseudo.shown().starts_with("\r\x1b[2A" + cleared(3)));
}

// Narrowed from 90 to 30 columns, two rows, one line to the terminal, have become four.
TEST_F(TerminalTest, RowsThatTheTerminalWrappedAreClearedEach) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block(std::string(70, 'x') + "\nshort\n");
  pseudo.shown();
  pseudo.resize(30, 24);

  terminal.block("new\nshort\n");

  EXPECT_EQ(pseudo.shown(), "\r\x1b[4A" + cleared(5) + frame({"new", "short"}, 30));
}

// Widened from 30 to 90 columns, five rows of 30 are two, and three lines have come back above.
TEST_F(TerminalTest, RowsThatTheTerminalJoinedAreClearedEach) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  pseudo.resize(30, 24);
  terminal.block("a\nb\nc\nd\ne\n");
  pseudo.shown();
  pseudo.resize(90, 24);

  terminal.block("a\n");

  EXPECT_EQ(pseudo.shown(),
            "\r\x1b[2A" + cleared(3) + "\0337\x1b[24B\n\n\n\0338\r\x1b[3A" + frame({"a"}));
}

TEST_F(TerminalTest, ATerminalThatCutsLinesOffHasThemOnceEach) {
  ::setenv("XTERM_VERSION", "XTerm(379)", 1);
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  ::unsetenv("XTERM_VERSION");
  terminal.block(std::string(70, 'x') + "\nshort\n");
  pseudo.shown();
  pseudo.resize(30, 24);

  terminal.block("new\nshort\n");

  EXPECT_TRUE(pseudo.shown().starts_with("\r\x1b[2A\x1b[2K"));
}

TEST_F(TerminalTest, ABlockAsHighAsTheTerminalScrollsNothing) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  pseudo.resize(90, 1);

  terminal.block("one\n");
  terminal.block("two\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[?7lone\x1b[K\x1b[?7h\r\r\x1b[?7ltwo\x1b[K\x1b[?7h\r");
  terminal.keep_block();
  EXPECT_EQ(pseudo.shown(), "\n");
}

TEST_F(TerminalTest, AKeptBlockIsOrdinaryLines) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block("end\n");
  pseudo.shown();

  terminal.keep_block();
  terminal.line("after");
  EXPECT_EQ(pseudo.shown(), "after\n");

  terminal.block("one\ntwo\n");
  pseudo.shown();
  terminal.keep_block();
  EXPECT_EQ(pseudo.shown(),
            "\r\x1b[2A" + cleared(3) + "\x1b[?7lone\x1b[K\ntwo\x1b[K\n\x1b[?7h\x1b[2K");
}

// The shell has written below it: going up from there would tear its lines.
TEST_F(TerminalTest, AfterAStopTheBlockBeginsAnewBelow) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block("one\ntwo\n");
  pseudo.shown();

  ::raise(SIGCONT);
  terminal.block("three\nfour\n");
  EXPECT_EQ(pseudo.shown(), "\r" + frame({"three", "four"}));
  terminal.block("five\nsix\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[2A" + frame({"five", "six"}));

  ::raise(SIGCONT);
  terminal.line("news");
  EXPECT_EQ(pseudo.shown(), "news\n");
  ::raise(SIGCONT);
  terminal.keep_block();
  EXPECT_EQ(pseudo.shown(), "");
}

// Of 25 rows that it has become five are in reach; the others come back when the screen grows.
TEST_F(TerminalTest, RowsThatTheScreenHasNoRoomForAreClearedWhenItGrows) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block("one\ntwo\n" + std::string(70, 'x') + "\n");
  pseudo.shown();

  pseudo.resize(10, 6);
  terminal.block("short\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[5A" + cleared(6) + "\x1b[4B" + frame({"short"}, 10));
  terminal.block("again\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[5A" + cleared(6) + "\x1b[4B" + frame({"again"}, 10));

  pseudo.resize(90, 24);
  terminal.block("one\ntwo\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[8A" + cleared(9) + frame({"one", "two"}));
  terminal.block("one\ntwo\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[2A" + frame({"one", "two"}));
}

TEST_F(TerminalTest, RowsAboveALineThatStaysAreLeftAsTheyAre) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block("one\ntwo\nthree\n");
  pseudo.resize(90, 2);
  terminal.block("low\n");
  terminal.line("news");
  pseudo.shown();

  pseudo.resize(90, 24);
  terminal.block("one\ntwo\n");

  EXPECT_EQ(pseudo.shown(), "\r\x1b[1A" + cleared(2) + frame({"one", "two"}));
}

TEST_F(TerminalTest, OnAScreenOfOneRowTheBlockIsThatRow) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block("short\n");
  pseudo.shown();

  pseudo.resize(10, 1);
  terminal.block("low\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[?7llow\x1b[K\x1b[?7h\r");

  pseudo.resize(2, 1);
  terminal.block("on\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[2K\x1b[?7lon\x1b[?7h\r");
}

// Whatever was taken of it comes to its end before anything else, and what was not is not there.
TEST_F(TerminalTest, AReaderThatStandsStillTearsNothingAndHoldsNobodyUp) {
  PseudoTerminal const pseudo;
  std::string shown;
  {
    Terminal terminal{pseudo.theirs()};
    for (int i = 0; i < 2000; ++i) {
      terminal.block("one " + std::string(60, 'x') + "\ntwo\n");
      terminal.line("line " + std::string(60, 'y') + " end");
    }
    while (shown.find("next\x1b[K\n") == std::string::npos) {
      std::string const more = pseudo.shown();
      shown += more;
      if (more.empty()) terminal.line("next");
    }
    terminal.clear_block();
    shown += pseudo.shown();
  }
  EXPECT_NE(shown.find(" WARN lines_dropped lines="), std::string::npos);
  auto const count = [&](std::string const& text) {
    std::size_t n = 0;
    for (auto at = shown.find(text); at != std::string::npos; at = shown.find(text, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("line yyy"), count("y end\x1b[K\n"));
  EXPECT_EQ(2 * count("\x1b[?7lone "), count("\x1b[?7l"));
  EXPECT_EQ(count("\x1b[?7l"), 2 * count("\rtwo\x1b[K\n\x1b[?7h\x1b[2K"));
}

TEST_F(TerminalTest, ADumbTerminalIsNotRewrittenAndNoColorIsObeyed) {
  PseudoTerminal const pseudo;
  EXPECT_TRUE(Terminal{pseudo.theirs()}.colour());
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(Terminal{pseudo.theirs()}.colour());
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(Terminal{pseudo.theirs()}.is_tty());
}

TEST_F(TerminalTest, ElsewhereThereAreWholeLinesOnly) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  Terminal terminal{ends[1]};

  terminal.block("never\n");
  terminal.line("whole");

  EXPECT_FALSE(terminal.is_tty());
  EXPECT_EQ(read_all(ends[0]), "whole\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(TerminalTest, AWordWaitsForAReaderThatIsSlow) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  auto const capacity = static_cast<std::size_t>(::fcntl(ends[1], F_GETPIPE_SZ));
  Terminal terminal{ends[1]};
  terminal.line(std::string(capacity - 1, 'x'));
  std::string before;
  std::jthread reader{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    before.resize(capacity);
    EXPECT_EQ(::read(ends[0], before.data(), capacity), static_cast<ssize_t>(capacity));
  }};
  terminal.word("Done");
  reader.join();
  EXPECT_EQ(read_all(ends[0]), "Done\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(TerminalTest, LinesThatNobodyTakesAreCountedAndTheirNumberIsSaid) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  auto const capacity = static_cast<std::size_t>(::fcntl(ends[1], F_GETPIPE_SZ));
  {
    Terminal terminal{ends[1]};
    terminal.line(std::string(capacity - 1, 'x'));
    for (int i = 0; i < 3; ++i) terminal.line("lost");
    EXPECT_EQ(read_all(ends[0]), std::string(capacity - 1, 'x') + '\n');
    terminal.line("next");
  }
  std::string const said = read_all(ends[0]);
  EXPECT_NE(said.find(" WARN lines_dropped lines=3\nnext\n"), std::string::npos) << said;
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace btfast::cli
