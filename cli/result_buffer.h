// ResultBuffer: standard output, which a command's result goes to.  Unlike a stream of the
// standard library it remembers why a write failed, however much was said after it.
//
// A result is worth waiting for: a reader that stands still is waited for, however long.  After a
// wish to stop it is waited for kPatience more, and then does without the rest.
//
// Threads:   one at a time.
// Ownership: the descriptor stays its caller's.
// Bound:     kBytes are held back until somebody flushes.  All waiting after a wish to stop takes
//            kPatience.
// Errors:    the first failed write ends it; its stream goes bad, and why() says the reason.
#pragma once

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <ostream>
#include <streambuf>
#include <string>

#include "cli/ready_descriptor.h"
#include "cli/signals.h"

namespace btfast::cli {

class ResultBuffer final : public std::streambuf {
 public:
  static constexpr std::chrono::seconds kPatience{3};
  // The reason where a reader was given up; no failed write has it, for one is tried again.
  static constexpr int kNobodyRead = EAGAIN;
  using StopWished = bool (*)() noexcept;

  explicit ResultBuffer(int fd, StopWished stop_wished = &SignalSeries::stop_wished) noexcept;
  // errno of the first write that failed; 0: none did.
  int why() const noexcept { return why_; }

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  static constexpr std::size_t kBytes = 16 * 1024;
  bool empty_out() noexcept;
  bool wait_for_room() noexcept;

  ReadyDescriptor const out_;
  StopWished const stop_wished_;
  std::optional<std::chrono::steady_clock::time_point> wait_end_;  // after a wish to stop
  int why_ = 0;
  std::array<char, kBytes> held_;
};

// For as long as it lives std::cout is a ResultBuffer.
class StandardOutput {
 public:
  StandardOutput();
  ~StandardOutput();
  StandardOutput(StandardOutput const&) = delete;
  StandardOutput& operator=(StandardOutput const&) = delete;

 private:
  ResultBuffer buffer_;
  std::streambuf* const before_;
};

// Why what was written to `out` is not all there: an errno, EIO where nobody knows better.
int why_unwritten(std::ostream const& out) noexcept;
std::string unwritten_text(int why);

}  // namespace btfast::cli
