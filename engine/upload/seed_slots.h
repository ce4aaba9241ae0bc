// SeedSlots: how many peers a seed serves at once where nobody said ("auto").
//
// Everyone, until that gives each of them little.  Then fewer are served, in turn, with a larger
// share each, for as long as the uplink gives no less for it.  Where it gives less the peers were
// the limit and not the uplink, and more are served again.  What limits the uplink does not
// matter: its own limit is known, a line, a CPU or a disk shows by the same sign.
//
// A pure decision over what is reported.
//
// Threads: the control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "engine/base/clock.h"
#include "engine/base/types.h"

namespace btfast {

// What peers got since the last look, and how many of them.
struct UplinkUse {
  std::uint64_t bytes = 0;
  std::size_t unchoked = 0;
  std::size_t fetching = 0;  // of them, whether or not they got anything
  std::size_t wanting = 0;   // interested, unchoked or not
};

class SeedSlots {
 public:
  static constexpr std::uint32_t kEveryone = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t kFloor = 4;
  // Bytes a second: a piece of one mebibyte in sixteen seconds.
  static constexpr std::uint64_t kShare = 64 * kKiB;
  // Of an uplink whose limit is known one second tells enough; of others only a longer time does.
  static constexpr std::chrono::seconds kWindow{10};
  static constexpr std::chrono::seconds kWindowOfLimit{1};
  // How long more slots stay when fewer were too few; twice as long each time.
  static constexpr std::chrono::seconds kPatienceMin{60};
  static constexpr std::chrono::seconds kPatienceMax{1800};

  // `limit`: bytes a second, 0: none.
  explicit SeedSlots(std::uint64_t limit) noexcept;

  std::uint32_t slots() const noexcept { return slots_; }
  // Every second or so.  The first begins the time.
  void on_look(UplinkUse const& use, TimePoint now) noexcept;

 private:
  void decide(UplinkUse const& use, double rate, TimePoint now) noexcept;
  void widen(std::size_t wanting, TimePoint now) noexcept;
  void narrow(std::size_t fetching, double rate) noexcept;

  std::uint64_t const limit_;
  std::uint32_t slots_ = kEveryone;
  double capacity_;      // of the uplink, bytes a second; 0: not known
  bool trying_ = false;  // fewer slots than before, and nothing seen of it yet
  TimePoint window_start_{};
  std::uint64_t window_bytes_ = 0;
  std::size_t window_fetching_ = 0;  // the most at one look
  TimePoint narrow_after_{};
  Duration patience_ = kPatienceMin;
};

}  // namespace btfast
