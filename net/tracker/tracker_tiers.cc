#include "net/tracker/tracker_tiers.h"

#include <algorithm>
#include <utility>

namespace btfast::net {

TrackerTiers::TrackerTiers(std::vector<std::size_t> const& tier_sizes, Rng& rng) {
  for (std::size_t const tier_size : tier_sizes) {
    auto& order = tiers_.emplace_back();
    for (std::size_t i = 0; i < tier_size; ++i) {
      order.push_back(entries_.size());
      entries_.push_back({.tier = tiers_.size() - 1});
    }
    std::shuffle(order.begin(), order.end(), rng);
  }
}

void TrackerTiers::begin_round() noexcept {
  satisfied_ = false;
  promoted_ = false;
  for (auto& entry : entries_) entry.state = State::kNotAsked;
}

TrackerTiers::Step TrackerTiers::next(TimePoint now) const noexcept {
  if (satisfied_) return {.kind = Step::Kind::kSatisfied};
  for (auto const& order : tiers_) {
    bool silent = false;
    TimePoint last_asked{};
    for (std::size_t const tracker : order) {
      auto const& entry = entries_[tracker];
      if (entry.state == State::kAsked) {
        silent = true;
        last_asked = std::max(last_asked, entry.asked_at);
      }
      if (entry.state != State::kNotAsked) continue;
      if (silent && now < last_asked + kHedge) {
        return {.kind = Step::Kind::kWait, .when = last_asked + kHedge};
      }
      return {.kind = Step::Kind::kAsk, .tracker = tracker};
    }
    if (silent && now < last_asked + kPatience) {
      return {.kind = Step::Kind::kWait, .when = last_asked + kPatience};
    }
  }
  return {.kind = Step::Kind::kExhausted};
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
