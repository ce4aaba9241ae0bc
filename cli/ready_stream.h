// What is said on standard error while a transfer goes on: only as much as whoever reads it takes
// now.  A reader that stands still (a full pipe, a stopped terminal) must hold nobody up, and what
// it does not take is dropped.
//
// Others share the open file: its flags stay as they are, and we ask before each write instead.  A
// pipe that is ready takes PIPE_BUF bytes, so no write is longer.
//
// Threads:   write_ready: any, and signal handlers.  The classes: one at a time.
// Ownership: the descriptor stays its caller's.
// Bound:     ReadyBuffer keeps one line at most.
// Errors:    a closed or full stream is no failure: what it does not take is dropped.
#pragma once

#include <streambuf>
#include <string>
#include <string_view>

namespace btfast::cli {

// How many bytes of it were written.
std::size_t write_ready(int fd, std::string_view text) noexcept;

class ReadyStream {
 public:
  explicit ReadyStream(int fd) noexcept;

  bool ready() const noexcept;
  // Whether all of it was written.  Text after a line that was cut off begins a new line.
  bool write(std::string_view text) noexcept;

 private:
  int const fd_;
  bool const may_wait_;  // a regular file never does
  bool cut_ = false;
};

// Whole lines to a ReadyStream.
class ReadyBuffer final : public std::streambuf {
 public:
  explicit ReadyBuffer(int fd) noexcept : stream_(fd) {}

 protected:
  int_type overflow(int_type c) override;

 private:
  ReadyStream stream_;
  std::string line_;
};

// For as long as it lives std::cerr waits for no reader.
class ReadyErrors {
 public:
  ReadyErrors();
  ~ReadyErrors();
  ReadyErrors(ReadyErrors const&) = delete;
  ReadyErrors& operator=(ReadyErrors const&) = delete;

 private:
  ReadyBuffer buffer_;
  std::streambuf* const before_;
};

}  // namespace btfast::cli
