#include "engine/upload/seed_slots.h"

#include <algorithm>

namespace btfast {
namespace {

// An uplink that gives this part of what it can is used up.
constexpr double kUsedUp = 0.9;
// A share so much smaller or larger than kShare changes the slots; between them they stay.
constexpr double kTooLittle = 0.75;
constexpr double kPlenty = 1.5;

}  // namespace

SeedSlots::SeedSlots(std::uint64_t limit) noexcept
    : limit_(limit), capacity_(static_cast<double>(limit)) {}

void SeedSlots::on_look(UplinkUse const& use, TimePoint now) noexcept {
  if (window_start_ == TimePoint{}) {
    window_start_ = now;
    narrow_after_ = now + kWindow;  // peers are still coming
    return;
  }
  window_bytes_ += use.bytes;
  window_fetching_ = std::max(window_fetching_, use.fetching);
  Duration const passed = now - window_start_;
  if (passed < (limit_ > 0 ? kWindowOfLimit : kWindow)) return;
  UplinkUse whole = use;
  whole.fetching = window_fetching_;
  decide(whole, static_cast<double>(window_bytes_) / std::chrono::duration<double>(passed).count(),
         now);
  window_start_ = now;
  window_bytes_ = 0;
  window_fetching_ = 0;
}

void SeedSlots::decide(UplinkUse const& use, double rate, TimePoint now) noexcept {
  bool const someone_waits = use.unchoked >= slots_ && use.wanting > use.unchoked;
  if (someone_waits && rate < kUsedUp * capacity_) return widen(use.wanting, now);
  if (trying_ && someone_waits) patience_ = kPatienceMin;  // fewer slots lost nothing
  trying_ = false;
  if (use.fetching == 0 || now < narrow_after_) return;
  double const share = rate / static_cast<double>(use.fetching);
  bool const used_up = limit_ == 0 || rate >= kUsedUp * capacity_;
  if (share < kTooLittle * kShare && use.fetching > kFloor && used_up) {
    narrow(use.fetching, rate);
  } else if (someone_waits && share > kPlenty * kShare) {
    slots_ += slots_ / 4 + 1;
    if (limit_ == 0) capacity_ = std::max(capacity_, rate);
  }
}

// The uplink idles while someone waits: those who are served cannot take more.
void SeedSlots::widen(std::size_t wanting, TimePoint now) noexcept {
  slots_ = slots_ > kEveryone / 2 ? kEveryone : 2 * slots_;
  narrow_after_ = now + patience_;
  if (trying_) patience_ = std::min<Duration>(2 * patience_, kPatienceMax);
  trying_ = false;
  if (slots_ < wanting || limit_ > 0) return;
  slots_ = kEveryone;
  capacity_ = 0;
}

void SeedSlots::narrow(std::size_t fetching, double rate) noexcept {
  if (limit_ == 0) capacity_ = rate;
  slots_ = std::max(kFloor, static_cast<std::uint32_t>(fetching * 3 / 4));
  trying_ = true;
}

}  // namespace btfast
