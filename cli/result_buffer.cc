#include "cli/result_buffer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>

namespace btfast::cli {
namespace {

// Somebody else may have told the open file not to wait.
void wait_for_room(int fd) noexcept {
  ::pollfd output{fd, POLLOUT, 0};
  (void)::poll(&output, 1, -1);
}

}  // namespace

ResultBuffer::ResultBuffer(int fd) noexcept : fd_(fd) {
  setp(held_.data(), held_.data() + held_.size());
}

ResultBuffer::int_type ResultBuffer::overflow(int_type c) {
  if (!empty_out()) return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
  return traits_type::not_eof(c);
}

int ResultBuffer::sync() { return empty_out() ? 0 : -1; }

bool ResultBuffer::empty_out() noexcept {
  char const* next = pbase();
  while (why_ == 0 && next < pptr()) {
    auto const n = ::write(fd_, next, static_cast<std::size_t>(pptr() - next));
    if (n >= 0) {
      next += n;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait_for_room(fd_);
    } else if (errno != EINTR) {
      why_ = errno;
    }
  }
  setp(held_.data(), held_.data() + held_.size());
  return why_ == 0;
}

StandardOutput::StandardOutput() : buffer_(STDOUT_FILENO), before_(std::cout.rdbuf(&buffer_)) {}

StandardOutput::~StandardOutput() {
  std::cout.flush();
  std::cout.rdbuf(before_);
}

int why_unwritten(std::ostream const& out) noexcept {
  auto const* const buffer = dynamic_cast<ResultBuffer const*>(out.rdbuf());
  return buffer == nullptr || buffer->why() == 0 ? EIO : buffer->why();
}

}  // namespace btfast::cli
