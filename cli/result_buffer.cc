#include "cli/result_buffer.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

namespace btfast::cli {
namespace {

// A handler takes the wish to stop, and ends no wait: we look for one now and then.
constexpr std::chrono::milliseconds kLook{100};
// Of what says that it has room and takes nothing: a terminal, where one character has two.
constexpr std::chrono::milliseconds kPause{10};

}  // namespace

ResultBuffer::ResultBuffer(int fd, StopWished stop_wished) noexcept
    : out_(fd), stop_wished_(stop_wished) {
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
    auto const taken = out_.write({next, static_cast<std::size_t>(pptr() - next)});
    next += taken.bytes;
    why_ = taken.why;
    if (why_ != 0 || next == pptr()) break;
    if (taken.bytes == 0) (void)out_.goes_within(kPause);
    if (!wait_for_room()) why_ = kNobodyRead;
  }
  setp(held_.data(), held_.data() + held_.size());
  return why_ == 0;
}

// False when the patience is at its end.
bool ResultBuffer::wait_for_room() noexcept {
  auto const now = std::chrono::steady_clock::now();
  if (stop_wished_() && !wait_end_) wait_end_ = now + kPatience;
  if (wait_end_ && now >= *wait_end_) return false;
  out_.wait_for_room(kLook);
  return true;
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

std::string unwritten_text(int why) {
  return why == ResultBuffer::kNobodyRead ? "nobody read it" : std::strerror(why);
}

}  // namespace btfast::cli
