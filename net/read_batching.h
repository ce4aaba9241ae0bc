// ReadBatching: how many bytes should wait before a connection's thread is woken for them.
//
// A fast peer fills the socket in pieces of 32 KiB, and waking for each costs more than
// moving it.  While a peer is fast and owes much more than the mark, its thread sleeps
// until kLowWater bytes are there.  Nothing waits long: the owner looks after kPatience
// whatever has come, and the mark falls with the rate and with what is owed.
//
// Threads: plain data of the connection's net thread; time is passed in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/clock.h"

namespace btfast::net {

class ReadBatching {
 public:
  static constexpr std::size_t kLowWater = 256 * 1024;
  static constexpr Duration kPatience = std::chrono::milliseconds{10};

  // After a turn that read `bytes`, with so many blocks still expected.
  void note_turn(std::size_t bytes, std::size_t expected_blocks, TimePoint now) noexcept;
  // Nothing came within kPatience.
  void give_up() noexcept;

  std::size_t low_water() const noexcept { return low_water_; }
  // Until patience ends; counted from the last turn.
  Duration time_left(TimePoint now) const noexcept { return last_turn_ + kPatience - now; }

 private:
  void measure(std::size_t bytes, TimePoint now) noexcept;

  std::size_t low_water_ = 1;
  TimePoint last_turn_{};
  TimePoint window_start_{};
  std::uint64_t window_bytes_ = 0;
  bool fast_ = false;
};

}  // namespace btfast::net
