#include "cli/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace btfast::cli {
namespace {

std::string read_all(int fd) {
  std::string out;
  std::array<char, 4096> part;
  for (pollfd wait{fd, POLLIN, 0}; ::poll(&wait, 1, 0) == 1 && (wait.revents & POLLIN) != 0;) {
    ssize_t const n = ::read(fd, part.data(), part.size());
    if (n <= 0) break;
    out.append(part.data(), static_cast<std::size_t>(n));
  }
  return out;
}

// Our end of a pseudo terminal 90 columns wide, and the program's.
class PseudoTerminal {
 public:
  PseudoTerminal() : ours_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    ::grantpt(ours_);
    ::unlockpt(ours_);
    theirs_ = ::open(::ptsname(ours_), O_RDWR | O_NOCTTY);
    winsize const size{.ws_row = 24, .ws_col = 90, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(theirs_, TIOCSWINSZ, &size);
    termios raw{};
    ::tcgetattr(theirs_, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(theirs_, TCSANOW, &raw);
  }
  ~PseudoTerminal() {
    ::close(theirs_);
    ::close(ours_);
  }
  int theirs() const { return theirs_; }
  std::string shown() const { return read_all(ours_); }

 private:
  int ours_;
  int theirs_ = -1;
};

class TerminalTest : public testing::Test {
 protected:
  TerminalTest() {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
  }
};

TEST_F(TerminalTest, ABlockIsRewrittenInPlaceAndLinesGoAboveIt) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  ASSERT_TRUE(terminal.is_tty());
  EXPECT_EQ(terminal.width(), 90);

  terminal.block("one\ntwo\n");
  EXPECT_EQ(pseudo.shown(), "one\ntwo\n");
  terminal.block("three\nfour\n");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[2A\x1b[Jthree\nfour\n");
  terminal.line("news");
  EXPECT_EQ(pseudo.shown(), "\r\x1b[2A\x1b[Jnews\nthree\nfour\n");
  terminal.clear_block();
  EXPECT_EQ(pseudo.shown(), "\r\x1b[2A\x1b[J");
  terminal.line("last");
  EXPECT_EQ(pseudo.shown(), "last\n");
}

TEST_F(TerminalTest, AKeptBlockIsOrdinaryLines) {
  PseudoTerminal const pseudo;
  Terminal terminal{pseudo.theirs()};
  terminal.block("end\n");
  pseudo.shown();

  terminal.keep_block();
  terminal.line("after");

  EXPECT_EQ(pseudo.shown(), "after\n");
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

}  // namespace
}  // namespace btfast::cli
