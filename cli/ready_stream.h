// What is said on standard error while a transfer goes on: only as much as whoever reads it takes
// now.  A reader that stands still (a full pipe, a stopped terminal) must hold nobody up.  What a
// person must read (why something failed, the last word) waits for a reader that is slow; of one
// that made no room for kPatience nobody expects more, until there is room again.
//
// A text is taken whole or dropped whole.  What is written of it short is kept, and goes on before
// anything else: no line and no escape sequence is torn.
//
// Threads:   any; a mutex, which nobody holds while he waits.
// Ownership: the descriptor stays its caller's.
// Bound:     a ReadyStream keeps the rest of one text, a ReadyBuffer one line.
// Errors:    a closed or full stream is no failure: what it does not take is dropped, and whoever
//            dropped a line counts it, until somebody can say how many there were.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <streambuf>
#include <string>
#include <string_view>

#include "cli/ready_descriptor.h"
#include "cli/record_format.h"

namespace btfast::cli {

class ReadyStream {
 public:
  static constexpr std::chrono::seconds kPatience{5};

  explicit ReadyStream(int fd, std::chrono::milliseconds patience = kPatience) noexcept
      : fd_(fd), patience_(patience), out_(fd) {}
  ~ReadyStream();
  ReadyStream(ReadyStream const&) = delete;
  ReadyStream& operator=(ReadyStream const&) = delete;

  int fd() const noexcept { return fd_; }
  // Nothing is left of what came before, and there is room.
  bool ready();
  // Whether it was taken.
  bool write(std::string_view text);
  // Until it is ready, or gone, but its patience at most; not again for a reader that was given up.
  void wait();

  // Lines that were not taken, and of which nobody was told.
  void count_dropped() noexcept { ++dropped_; }
  std::int64_t dropped() const noexcept { return dropped_; }
  // Says how many in a record that `put` writes, where there are any.  `put` tells whether it was
  // taken.
  template <class Put>
  void tell_dropped(RecordFormat format, Put const& put) {
    std::int64_t const lines = dropped_.exchange(0);
    if (lines > 0 && !put(dropped_record(format, lines))) dropped_ += lines;
  }

 private:
  static std::string dropped_record(RecordFormat format, std::int64_t lines);
  bool flush();
  bool given_up();
  void give_up();

  int const fd_;
  std::chrono::milliseconds const patience_;
  ReadyDescriptor const out_;
  std::mutex mutex_;
  std::string rest_;  // guarded by mutex_
  // Guarded by mutex_.  A last page that a line still fits in is no sign of a reader: room is.
  bool given_up_ = false;
  std::atomic<std::int64_t> dropped_{0};
};

// Whole lines to a ReadyStream, each of which waits.
class ReadyBuffer final : public std::streambuf {
 public:
  ReadyBuffer(std::shared_ptr<ReadyStream> stream, RecordFormat format) noexcept
      : stream_(std::move(stream)), format_(format) {}
  ~ReadyBuffer() override;

 protected:
  int_type overflow(int_type c) override;

 private:
  void say(std::string const& line);
  void tell_dropped();

  std::shared_ptr<ReadyStream> const stream_;
  RecordFormat const format_;
  std::string line_;
};

// For as long as it lives std::cerr waits for no reader beyond kPatience.  At its end it says how
// many lines were dropped, in a record of `format`.
class ReadyErrors {
 public:
  ReadyErrors(std::shared_ptr<ReadyStream> stream, RecordFormat format);
  ~ReadyErrors();
  ReadyErrors(ReadyErrors const&) = delete;
  ReadyErrors& operator=(ReadyErrors const&) = delete;

 private:
  ReadyBuffer buffer_;
  std::streambuf* const before_;
};

}  // namespace btfast::cli
