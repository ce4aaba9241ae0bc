#include "cli/ready_stream.h"

#include <iostream>
#include <utility>

namespace btfast::cli {
namespace {

constexpr std::size_t kLineMax = 64 * 1024;
constexpr std::chrono::milliseconds kLook{20};

}  // namespace

ReadyStream::~ReadyStream() {
  if (!rest_.empty()) wait();
}

bool ReadyStream::ready() {
  std::lock_guard const lock{mutex_};
  return flush() && out_.state() == ReadyDescriptor::State::kTakes;
}

bool ReadyStream::write(std::string_view text) {
  std::lock_guard const lock{mutex_};
  if (!flush()) return false;
  auto const taken = out_.write(text);
  if (taken.bytes == text.size()) return true;
  if (taken.gone || taken.bytes == 0) return false;
  rest_ = text.substr(taken.bytes);
  return true;
}

// Whether nothing is left.  Of a stream that is gone nobody sees the rest.
bool ReadyStream::flush() {
  if (rest_.empty()) return true;
  auto const taken = out_.write(rest_);
  rest_.erase(0, taken.gone ? rest_.size() : taken.bytes);
  return rest_.empty();
}

void ReadyStream::wait() {
  auto const end = std::chrono::steady_clock::now() + kPatience;
  while (!ready() && std::chrono::steady_clock::now() < end && !out_.goes_within(kLook)) {
  }
}

ReadyBuffer::int_type ReadyBuffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  line_ += traits_type::to_char_type(c);
  if (line_.back() == '\n' || line_.size() >= kLineMax) {
    (void)stream_->write(line_);  // nobody is left to hear of it
    line_.clear();
  }
  return c;
}

ReadyErrors::ReadyErrors(std::shared_ptr<ReadyStream> stream)
    : buffer_(std::move(stream)), before_(std::cerr.rdbuf(&buffer_)) {}
ReadyErrors::~ReadyErrors() { std::cerr.rdbuf(before_); }

}  // namespace btfast::cli
