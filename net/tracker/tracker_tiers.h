// TrackerTiers: which tracker to ask next (BEP 12).  A pure decision: it asks nobody.
//
// Each tier is shuffled once; a tracker that answers moves to the front of its tier; the next
// tier's turn comes when the whole tier has failed.  Silent trackers do not stop the search:
// the longer nobody answers, the more are asked side by side, in the same order, and after a
// while a tier whose trackers are silent does not hold up the next.  How fast, the Pace says.
// Hurried, kSideBySide are asked after 1 s: one, four, sixteen, … within
// their tier, and of all tiers from 1 s on.
//
// Threads: plain data, one owner.
// Bound:   `side_by_side` asked side by side; one that was silent for kPatience does
//          not count any more, and may still answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/rng.h"

namespace btfast::net {

class TrackerTiers {
 public:
  // How the search widens while nobody answers.
  struct Pace {
    Duration step;  // after each, `growth` times as many may be asked side by side
    std::size_t growth;
    Duration tier_patience;  // then silent trackers do not hold up the next tier
  };
  // Nobody is known who could give us anything.
  static constexpr Pace kHurried{std::chrono::milliseconds{250}, 4, std::chrono::seconds{1}};
  // There is somebody: a tracker that is slow is waited for.
  static constexpr Pace kCalm{std::chrono::seconds{3}, 2, std::chrono::seconds{10}};
  static constexpr std::chrono::seconds kPatience{10};
  static constexpr std::size_t kSideBySide = 100;  // more than real torrents name

  struct Step {
    enum class Kind : std::uint8_t {
      kAsk,        // ask `tracker`, and tell asked()
      kWait,       // nothing before `when`, unless an answer comes
      kSatisfied,  // one answered
      kExhausted,  // nobody is left to ask; some may still answer
    };
    Kind kind = Kind::kExhausted;
    std::size_t tracker = 0;
    TimePoint when{};
  };

  // `tier_sizes`: trackers are numbered from 0 through the tiers in order.
  TrackerTiers(std::vector<std::size_t> const& tier_sizes, Rng& rng,
               std::size_t side_by_side = kSideBySide);

  // Starts over: every tracker that is not being asked may be asked once more.
  void begin_round(TimePoint now, Pace const& pace) noexcept;
  // An answer, or the waiting so far, was not enough: go on where the round stands.
  void widen(TimePoint now, Pace const& pace) noexcept;
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
  // Those who are waited for.
  struct Silent {
    std::size_t count = 0;
    std::size_t first_tier = 0;
    TimePoint first_given_up{};  // when the one asked first does not count any more
  };

  std::optional<std::size_t> first_not_asked() const noexcept;
  Silent silent(TimePoint now) const noexcept;
  TimePoint room_for_another(Silent const& silent) const noexcept;

  std::size_t const side_by_side_;
  std::vector<Entry> entries_;
  std::vector<std::vector<std::size_t>> tiers_;
  Pace pace_ = kHurried;
  TimePoint since_{};  // the pace counts from here
  bool satisfied_ = false;
  bool promoted_ = false;  // this round's first answer has its place
};

}  // namespace btfast::net
