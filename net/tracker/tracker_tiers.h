// TrackerTiers: which tracker to ask next (BEP 12).  A pure decision: it asks nobody.
//
// Each tier is shuffled once; a tracker that answers moves to the front of its tier; the
// next tier's turn comes when the whole tier has failed.  A tracker that is silent does
// not stop the search for peers: after kHedge the next one of its tier is asked beside
// it, and a tier whose every tracker failed or has been silent for kPatience counts as
// failed.
//
// Threads: plain data, one owner.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/rng.h"

namespace btfast::net {

class TrackerTiers {
 public:
  static constexpr std::chrono::seconds kHedge{3};
  static constexpr std::chrono::seconds kPatience{10};

  struct Step {
    enum class Kind : std::uint8_t {
      kAsk,        // ask `tracker`, and tell asked()
      kWait,       // nothing before `when`, unless an answer comes
      kSatisfied,  // one answered
      kExhausted,  // nobody is left to ask
    };
    Kind kind = Kind::kExhausted;
    std::size_t tracker = 0;
    TimePoint when{};
  };

  // `tier_sizes`: trackers are numbered from 0 through the tiers in order.
  TrackerTiers(std::vector<std::size_t> const& tier_sizes, Rng& rng);

  // Starts over: every tracker may be asked once more.
  void begin_round() noexcept;
  // An answer was not enough: go on where the round stands.
  void widen() noexcept { satisfied_ = false; }
  Step next(TimePoint now) const noexcept;

  void asked(std::size_t tracker, TimePoint now) noexcept;
  void answered(std::size_t tracker) noexcept;
  void failed(std::size_t tracker) noexcept;

  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t tier_count() const noexcept { return tiers_.size(); }
  std::size_t tier_of(std::size_t tracker) const noexcept { return entries_[tracker].tier; }
  // The trackers of a tier in the order they are asked.
  std::vector<std::size_t> const& order(std::size_t tier) const noexcept { return tiers_[tier]; }

 private:
  enum class State : std::uint8_t { kNotAsked, kAsked, kAnswered, kFailed };
  struct Entry {
    std::size_t tier = 0;
    State state = State::kNotAsked;
    TimePoint asked_at{};
  };

  std::vector<Entry> entries_;
  std::vector<std::vector<std::size_t>> tiers_;
  bool satisfied_ = false;
  bool promoted_ = false;  // this round's first answer has its place
};

}  // namespace btfast::net
