// ProgressTail: how far another btfast is, from the records that it writes to a log file
// (--progress=json).
//
// Threads: one owner.
// Bound:   reads kLookBytes a look; lines that are longer or no records are passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace btfast::cli {

class ProgressTail {
 public:
  static constexpr std::size_t kLookBytes = 64 * 1024;

  explicit ProgressTail(std::string path) : path_(std::move(path)) {}

  // What was written since the last look; of whole lines only.
  void look();
  // Bytes done, as the last record with that number says.
  std::uint64_t done() const noexcept { return done_; }

 private:
  void take_line(std::string_view line);

  std::string const path_;
  std::uint64_t offset_ = 0;  // of the first byte not taken
  std::uint64_t done_ = 0;
};

}  // namespace btfast::cli
