// What is said on standard error while a transfer goes on: only as much as whoever reads it takes
// now.  A reader that stands still (a full pipe, a stopped terminal) must hold nobody up.
//
// A text is taken whole or dropped whole.  What is written of it short is kept, and goes on before
// anything else: no line and no escape sequence is torn.
//
// Threads:   any; a mutex, which nobody holds while he waits.
// Ownership: the descriptor stays its caller's.
// Bound:     a ReadyStream keeps the rest of one text, a ReadyBuffer one line.
// Errors:    a closed or full stream is no failure: what it does not take is dropped.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <streambuf>
#include <string>
#include <string_view>

#include "cli/ready_descriptor.h"

namespace btfast::cli {

class ReadyStream {
 public:
  // For the last words, which are worth a moment's wait.
  static constexpr std::chrono::seconds kPatience{1};

  explicit ReadyStream(int fd) noexcept : fd_(fd), out_(fd) {}
  ~ReadyStream();
  ReadyStream(ReadyStream const&) = delete;
  ReadyStream& operator=(ReadyStream const&) = delete;

  int fd() const noexcept { return fd_; }
  // Nothing is left of what came before, and there is room.
  bool ready();
  // Whether it was taken.
  bool write(std::string_view text);
  // Until it is ready, or gone, but kPatience at most.
  void wait();

 private:
  bool flush();

  int const fd_;
  ReadyDescriptor const out_;
  std::mutex mutex_;
  std::string rest_;  // guarded by mutex_
};

// Whole lines to a ReadyStream.
class ReadyBuffer final : public std::streambuf {
 public:
  explicit ReadyBuffer(std::shared_ptr<ReadyStream> stream) noexcept : stream_(std::move(stream)) {}

 protected:
  int_type overflow(int_type c) override;

 private:
  std::shared_ptr<ReadyStream> const stream_;
  std::string line_;
};

// For as long as it lives std::cerr waits for no reader.
class ReadyErrors {
 public:
  explicit ReadyErrors(std::shared_ptr<ReadyStream> stream);
  ~ReadyErrors();
  ReadyErrors(ReadyErrors const&) = delete;
  ReadyErrors& operator=(ReadyErrors const&) = delete;

 private:
  ReadyBuffer buffer_;
  std::streambuf* const before_;
};

}  // namespace btfast::cli
