#include "net/read_batching.h"

#include "engine/base/limits.h"

namespace btfast::net {
namespace {

constexpr Duration kWindow = std::chrono::milliseconds{2};
// At this rate the mark is reached within four milliseconds.
constexpr double kFastBytesPerS = 64.0 * 1024 * 1024;
// Less than this is owed: the peer would run out of requests while its bytes wait for us.
constexpr std::size_t kOwedBlocks = 3 * ReadBatching::kLowWater / limits::kBlockSize;

}  // namespace

void ReadBatching::note_turn(std::size_t bytes, std::size_t expected_blocks,
                             TimePoint now) noexcept {
  measure(bytes, now);
  last_turn_ = now;
  low_water_ = fast_ && expected_blocks >= kOwedBlocks ? kLowWater : 1;
}

void ReadBatching::give_up() noexcept {
  fast_ = false;
  low_water_ = 1;
}

void ReadBatching::measure(std::size_t bytes, TimePoint now) noexcept {
  window_bytes_ += bytes;
  Duration const elapsed = now - window_start_;
  if (elapsed < kWindow) return;
  double const seconds = std::chrono::duration<double>(elapsed).count();
  fast_ = static_cast<double>(window_bytes_) >= kFastBytesPerS * seconds;
  window_bytes_ = 0;
  window_start_ = now;
}

}  // namespace btfast::net
