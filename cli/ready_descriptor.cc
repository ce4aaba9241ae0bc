#include "cli/ready_descriptor.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

namespace btfast::cli {
namespace {

mode_t kind_of(int fd) noexcept {
  struct stat found {};
  return ::fstat(fd, &found) == 0 ? found.st_mode & S_IFMT : 0;
}

// A regular file has one place to write at, and a second open file would have another.
bool opens_anew(int fd) noexcept {
  mode_t const kind = kind_of(fd);
  return kind == S_IFCHR || kind == S_IFIFO;
}

#ifdef __linux__
bool name_of(int fd, std::array<char, PATH_MAX>& name) noexcept {
  return std::snprintf(name.data(), name.size(), "/proc/self/fd/%d", fd) > 0;
}
#else
bool name_of(int fd, std::array<char, PATH_MAX>& name) noexcept {
  return ::ttyname_r(fd, name.data(), name.size()) == 0;
}
#endif

int open_anew(int fd) noexcept {
  std::array<char, PATH_MAX> name{};
  if (!opens_anew(fd) || !name_of(fd, name)) return -1;
  int const own = ::open(name.data(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (own < 0 || own > STDERR_FILENO) return own;
  // Where a standard stream was closed, its number must not become this one.
  int const moved = ::fcntl(own, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  ::close(own);
  return moved;
}

constexpr short kGone = POLLERR | POLLHUP | POLLNVAL;

// What of `events` there is, and of kGone.
short polled(int fd, short events, int wait_ms) noexcept {
  ::pollfd asked{fd, events, 0};
  int found = 0;
  do found = ::poll(&asked, 1, wait_ms);
  while (found < 0 && errno == EINTR);
  return found == 1 ? asked.revents : short{0};
}

}  // namespace

ReadyDescriptor::ReadyDescriptor(int fd) noexcept
    : fd_(fd),
      own_(open_anew(fd)),
      way_(own_ >= 0                 ? Way::kOwn
           : kind_of(fd) == S_IFREG  ? Way::kNeverWaits
           : kind_of(fd) == S_IFSOCK ? Way::kSocket
                                     : Way::kAsked) {}

ReadyDescriptor::~ReadyDescriptor() {
  if (own_ >= 0) ::close(own_);
}

ReadyDescriptor::State ReadyDescriptor::state() const noexcept {
  if (way_ == Way::kNeverWaits) return State::kTakes;
  short const found = polled(way_out(), POLLOUT, 0);
  if ((found & kGone) != 0) return State::kGone;
  return found != 0 ? State::kTakes : State::kFull;
}

bool ReadyDescriptor::goes_within(std::chrono::milliseconds wait) const noexcept {
  return (polled(way_out(), 0, static_cast<int>(wait.count())) & kGone) != 0;
}

void ReadyDescriptor::wait_for_room(std::chrono::milliseconds most) const noexcept {
  if (way_ != Way::kNeverWaits) polled(way_out(), POLLOUT, static_cast<int>(most.count()));
}

// In parts of PIPE_BUF, of which a pipe takes each whole or not at all.  One that is gone is
// written to, which says why.
ReadyDescriptor::Taken ReadyDescriptor::write(std::string_view text) const noexcept {
  std::string_view rest = text;
  std::size_t const part_bytes = way_ == Way::kNeverWaits ? text.size() : PIPE_BUF;
  int why = 0;
  while (!rest.empty() && (!asks() || state() != State::kFull)) {
    std::string_view const part = rest.substr(0, part_bytes);
    auto const n = way_ == Way::kSocket
                       ? ::send(fd_, part.data(), part.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                       : ::write(way_out(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) why = EIO;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) why = errno;
    if (n <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return {.bytes = text.size() - rest.size(), .gone = why != 0, .why = why};
}

}  // namespace btfast::cli
