// PseudoTerminal: our end of a pseudo terminal 90 columns wide, and the program's.  What is shown
// is read when it is asked for; until then the terminal's reader stands still.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>

namespace btfast::test {

// What can be read now.
inline std::string read_all(int fd) {
  std::string out;
  std::array<char, 4096> part;
  for (pollfd wait{fd, POLLIN, 0}; ::poll(&wait, 1, 0) == 1 && (wait.revents & POLLIN) != 0;) {
    ssize_t const n = ::read(fd, part.data(), part.size());
    if (n <= 0) break;
    out.append(part.data(), static_cast<std::size_t>(n));
  }
  return out;
}

class PseudoTerminal {
 public:
  PseudoTerminal() : ours_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    ::grantpt(ours_);
    ::unlockpt(ours_);
    theirs_ = ::open(::ptsname(ours_), O_RDWR | O_NOCTTY);
    resize(90, 24);
    termios raw{};
    ::tcgetattr(theirs_, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(theirs_, TCSANOW, &raw);
  }
  ~PseudoTerminal() {
    ::close(theirs_);
    ::close(ours_);
  }
  PseudoTerminal(PseudoTerminal const&) = delete;
  PseudoTerminal& operator=(PseudoTerminal const&) = delete;

  int theirs() const { return theirs_; }
  std::string shown() const { return read_all(ours_); }
  void resize(unsigned short columns, unsigned short rows) const {
    winsize const size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(theirs_, TIOCSWINSZ, &size);
  }

 private:
  int ours_;
  int theirs_ = -1;
};

}  // namespace btfast::test
