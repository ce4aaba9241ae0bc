#include "cli/ready_stream.h"

#include <ctime>
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
  bool const takes = flush() && out_.state() == ReadyDescriptor::State::kTakes;
  if (takes) given_up_ = false;
  return takes;
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
  auto const end = std::chrono::steady_clock::now() + patience_;
  while (!ready() && !given_up()) {
    if (out_.goes_within(kLook)) return;
    if (std::chrono::steady_clock::now() >= end) give_up();
  }
}

bool ReadyStream::given_up() {
  std::lock_guard const lock{mutex_};
  return given_up_;
}
void ReadyStream::give_up() {
  std::lock_guard const lock{mutex_};
  given_up_ = true;
}

std::string ReadyStream::dropped_record(RecordFormat format, std::int64_t lines) {
  LogField const fields[] = {{"lines", lines}};
  return format_record(format, std::time(nullptr), LogLevel::kWarn, "lines_dropped", fields);
}

ReadyBuffer::~ReadyBuffer() {
  if (stream_->dropped() == 0) return;
  stream_->wait();
  tell_dropped();
}

ReadyBuffer::int_type ReadyBuffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  line_ += traits_type::to_char_type(c);
  if (line_.back() == '\n' || line_.size() >= kLineMax) {
    say(line_);
    line_.clear();
  }
  return c;
}

void ReadyBuffer::say(std::string const& line) {
  stream_->wait();
  tell_dropped();
  if (!stream_->write(line)) stream_->count_dropped();
}

void ReadyBuffer::tell_dropped() {
  stream_->tell_dropped(format_, [&](std::string const& record) {
    return stream_->ready() && stream_->write(record + '\n');
  });
}

ReadyErrors::ReadyErrors(std::shared_ptr<ReadyStream> stream, RecordFormat format)
    : buffer_(std::move(stream), format), before_(std::cerr.rdbuf(&buffer_)) {}
ReadyErrors::~ReadyErrors() { std::cerr.rdbuf(before_); }

}  // namespace btfast::cli
