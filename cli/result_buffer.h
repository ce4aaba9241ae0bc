// ResultBuffer: standard output, which a command's result goes to.  Unlike a stream of the
// standard library it remembers why a write failed, however much was said after it.
//
// A result is worth waiting for: a reader that stands still is waited for, until a signal.
//
// Threads:   one at a time.
// Ownership: the descriptor stays its caller's.
// Bound:     kBytes are held back until somebody flushes.
// Errors:    the first failed write ends it; its stream goes bad, and why() says the reason.
#pragma once

#include <array>
#include <cstddef>
#include <ostream>
#include <streambuf>

namespace btfast::cli {

class ResultBuffer final : public std::streambuf {
 public:
  explicit ResultBuffer(int fd) noexcept;
  // errno of the first write that failed; 0: none did.
  int why() const noexcept { return why_; }

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  static constexpr std::size_t kBytes = 16 * 1024;
  bool empty_out() noexcept;

  int const fd_;
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

}  // namespace btfast::cli
