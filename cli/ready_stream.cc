#include "cli/ready_stream.h"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>

namespace btfast::cli {
namespace {

constexpr std::size_t kLineMax = 64 * 1024;

bool takes_more(int fd) noexcept {
  ::pollfd asked{fd, POLLOUT, 0};
  int found = 0;
  do found = ::poll(&asked, 1, 0);
  while (found < 0 && errno == EINTR);
  return found == 1 && (asked.revents & POLLOUT) != 0;
}

bool is_regular(int fd) noexcept {
  struct stat found {};
  return ::fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
}

std::size_t write_parts(int fd, bool may_wait, std::string_view text) noexcept {
  std::string_view rest = text;
  while (!rest.empty() && (!may_wait || takes_more(fd))) {
    std::string_view const part = rest.substr(0, PIPE_BUF);
    auto const n = ::write(fd, part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return text.size() - rest.size();
}

}  // namespace

std::size_t write_ready(int fd, std::string_view text) noexcept {
  return write_parts(fd, !is_regular(fd), text);
}

ReadyStream::ReadyStream(int fd) noexcept : fd_(fd), may_wait_(!is_regular(fd)) {}

bool ReadyStream::ready() const noexcept { return !may_wait_ || takes_more(fd_); }

bool ReadyStream::write(std::string_view text) noexcept {
  if (cut_ && write_parts(fd_, may_wait_, "\n") == 0) return false;
  std::size_t const written = write_parts(fd_, may_wait_, text);
  cut_ = written > 0 && written < text.size() && text[written - 1] != '\n';
  return written == text.size();
}

ReadyBuffer::int_type ReadyBuffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  line_ += traits_type::to_char_type(c);
  if (line_.back() == '\n' || line_.size() >= kLineMax) {
    (void)stream_.write(line_);  // nobody is left to hear of it
    line_.clear();
  }
  return c;
}

ReadyErrors::ReadyErrors() : buffer_(STDERR_FILENO), before_(std::cerr.rdbuf(&buffer_)) {}
ReadyErrors::~ReadyErrors() { std::cerr.rdbuf(before_); }

}  // namespace btfast::cli
