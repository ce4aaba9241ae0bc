#include "net/tracker/tracker_tiers.h"

#include <algorithm>
#include <utility>

namespace btfast::net {

TrackerTiers::TrackerTiers(std::vector<std::size_t> const& tier_sizes, Rng& rng,
                           std::size_t side_by_side)
    : side_by_side_(side_by_side) {
  for (std::size_t const tier_size : tier_sizes) {
    auto& order = tiers_.emplace_back();
    for (std::size_t i = 0; i < tier_size; ++i) {
      order.push_back(entries_.size());
      entries_.push_back({.tier = tiers_.size() - 1});
    }
    std::shuffle(order.begin(), order.end(), rng);
  }
}

void TrackerTiers::begin_round(TimePoint now, Pace const& pace) noexcept {
  promoted_ = false;
  for (auto& entry : entries_) {
    if (entry.state != State::kAsked) entry.state = State::kNotAsked;
  }
  widen(now, pace);
}

void TrackerTiers::widen(TimePoint now, Pace const& pace) noexcept {
  satisfied_ = false;
  pace_ = pace;
  since_ = now;
}

TrackerTiers::Step TrackerTiers::next(TimePoint now) const noexcept {
  if (satisfied_) return {.kind = Step::Kind::kSatisfied};
  auto const candidate = first_not_asked();
  if (!candidate) return {.kind = Step::Kind::kExhausted};
  auto const others = silent(now);
  if (others.count == 0) return {.kind = Step::Kind::kAsk, .tracker = *candidate};
  TimePoint when = room_for_another(others);
  if (others.first_tier < tier_of(*candidate)) when = std::max(when, since_ + pace_.tier_patience);
  if (now < when) return {.kind = Step::Kind::kWait, .when = when};
  return {.kind = Step::Kind::kAsk, .tracker = *candidate};
}

std::optional<std::size_t> TrackerTiers::first_not_asked() const noexcept {
  for (auto const& order : tiers_) {
    auto const found = std::find_if(order.begin(), order.end(), [this](std::size_t tracker) {
      return entries_[tracker].state == State::kNotAsked;
    });
    if (found != order.end()) return *found;
  }
  return std::nullopt;
}

// Whoever was silent before the pace began is not waited for any more.
TrackerTiers::Silent TrackerTiers::silent(TimePoint now) const noexcept {
  Silent silent;
  for (auto const& entry : entries_) {  // in the tiers' order
    bool const waited_for = entry.state == State::kAsked && entry.asked_at >= since_ &&
                            now < entry.asked_at + kPatience;
    if (!waited_for) continue;
    TimePoint const given_up = entry.asked_at + kPatience;
    if (silent.count++ == 0) {
      silent.first_tier = entry.tier;
      silent.first_given_up = given_up;
    }
    silent.first_given_up = std::min(silent.first_given_up, given_up);
  }
  return silent;
}

TimePoint TrackerTiers::room_for_another(Silent const& silent) const noexcept {
  if (silent.count >= side_by_side_) return silent.first_given_up;
  TimePoint when = since_;
  for (std::size_t room = 1; room <= silent.count; room *= pace_.growth) when += pace_.step;
  return when;
}

void TrackerTiers::asked(std::size_t tracker, TimePoint now) noexcept {
  entries_[tracker].state = State::kAsked;
  entries_[tracker].asked_at = now;
}

void TrackerTiers::answered(std::size_t tracker) noexcept {
  auto& entry = entries_[tracker];
  entry.state = State::kAnswered;
  satisfied_ = true;
  if (std::exchange(promoted_, true)) return;
  auto& order = tiers_[entry.tier];
  auto const at = std::find(order.begin(), order.end(), tracker);
  std::rotate(order.begin(), at, at + 1);
}

void TrackerTiers::failed(std::size_t tracker) noexcept {
  entries_[tracker].state = State::kFailed;
}

}  // namespace btfast::net
