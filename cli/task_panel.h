// The display of one long task that is not a transfer: a check, the making of a torrent.  How
// far it is, its rate, and when it will be done.
//
// Threads: plain data of the control thread; time is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/transfer_figures.h"
#include "engine/base/clock.h"

namespace btfast::cli {

// What a task counts: bytes, or milliseconds of the time that it takes.
enum class TaskUnit : std::uint8_t { kBytes, kTime };

class TaskFigures {
 public:
  // `total` may become known late: zero until then.
  void sample(std::uint64_t done, std::uint64_t total, TimePoint now);

  std::uint64_t done() const noexcept { return done_; }
  std::uint64_t total() const noexcept { return total_; }
  double percent() const noexcept;
  double per_s() const noexcept { return rate_.bytes_per_s(); }
  std::optional<std::chrono::seconds> eta() const noexcept;

 private:
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  TimePoint last_{};
  RateTrack rate_;
};

// One line: "verifying  ███░░  23.9 %   764.00 MiB of 3.12 GiB   758.2 MiB/s   ETA 0:03"; of a task
// that counts time "measuring disk  ███░░  50.0 %   ETA 0:01".
std::string render_task(std::string_view what, TaskFigures const& figures, TaskUnit unit, int width,
                        bool colour);

}  // namespace btfast::cli
